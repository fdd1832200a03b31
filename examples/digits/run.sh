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
venv=$root/build/venv

"$build/examples/digits/jsnorm_digits" --data "$here/data/digits.csv" --output "$output" "$@"

install_in_venv() {
    python3 -m venv "$venv" &&
        "$venv/bin/python3" -m pip install --quiet --retries 1 --timeout 15 matplotlib
}

# For root only, e.g. in a container: nobody else's machine is changed.
install_from_debian() {
    [[ $(id -u) == 0 ]] && command -v apt-get && apt-get update &&
        DEBIAN_FRONTEND=noninteractive apt-get install --yes python3-matplotlib
}

has_matplotlib() { "$1" -c 'import matplotlib'; }

# Echoes a Python that has matplotlib, or fails. PyPI comes first, into a folder of the build.
find_python() {
    local python
    for python in "$venv/bin/python3" python3; do
        if has_matplotlib "$python"; then
            echo "$python"
            return
        fi
    done
    if install_in_venv >&2 && has_matplotlib "$venv/bin/python3"; then
        echo "$venv/bin/python3"
    elif install_from_debian >&2 && has_matplotlib /usr/bin/python3; then
        echo /usr/bin/python3
    else
        return 1
    fi
}

echo
if python=$(find_python 2>"$output/matplotlib.log"); then
    "$python" "$here/plot.py" "$output"
else
    echo "No Python with matplotlib, and none could be installed ($output/matplotlib.log):"
    echo "the pictures are skipped. The numbers are in $output/*.csv"
fi
