#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the digits example and draws its pictures: run.sh BUILD_FOLDER [OPTION OF THE PROGRAM...]
# Tables go to the terminal; CSV files and pictures to $JSNORM_RUN_OUTPUT, or build/run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${1:?usage: run.sh BUILD_FOLDER [OPTION...]}
shift
output=${JSNORM_RUN_OUTPUT:-$root/build/run}

"$build/examples/digits/jsnorm_digits" --data "$here/data/digits.csv" --output "$output" "$@"

echo
if python=$("$root/tools/python_with.sh" matplotlib 2>"$output/matplotlib.log"); then
    "$python" "$here/plot.py" "$output"
else
    echo "No Python with matplotlib, and none could be installed ($output/matplotlib.log):"
    echo "the pictures are skipped. The numbers are in $output/*.csv"
fi
