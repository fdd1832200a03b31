#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests that need a module, in the source, against a library; exit status 77 where the module
# cannot be had:
#     run.sh numpy|torch|jax LIBJSNORM.SO
set -euo pipefail

module=${1:?usage: run.sh numpy|torch|jax LIBRARY}
library=${2:?usage: run.sh numpy|torch|jax LIBRARY}
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if ! python=$("$tests/../../../tools/python_with.sh" "$module"); then
    echo "No Python with $module, and none could be installed: its tests are skipped"
    exit 77
fi
export JSNORM_LIBRARY=$library PYTHONPATH=$tests/.. PYTHONDONTWRITEBYTECODE=1
"$python" -m unittest discover --start-directory "$tests" --pattern "test_$module.py"
