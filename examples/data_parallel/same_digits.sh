#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trains with 1, 2 and 4 processes: every line but the first, which says how many there are, must be the same.
# usage: same_digits.sh <mpiexec> <jsnorm_data_parallel> <digits.csv>
set -euo pipefail

# Open MPI: root may start processes, more than there are processors.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_btl=self,vader OMPI_MCA_plm_rsh_agent=/bin/false

run() { "$1" -n "$4" "$2" "$3"; }

alone=$(run "$@" 1)
echo "$alone"
[ "$(wc -l <<<"$alone")" -gt 1 ] || { echo "nothing was trained" >&2; exit 1; }
for processes in 2 4; do
    shared=$(run "$@" $processes)
    echo "$shared"
    if [ "$(tail -n +2 <<<"$shared")" != "$(tail -n +2 <<<"$alone")" ]; then
        echo "$processes processes print other digits than one" >&2
        exit 1
    fi
done
