#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints a Python that has matplotlib, or fails: python_with_matplotlib.sh
# PyPI comes first, into a folder of the build.
set -euo pipefail

venv=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/venv

install_in_venv() {
    python3 -m venv "$venv" &&
        "$venv/bin/python3" -m pip install --quiet --retries 1 --timeout 15 matplotlib
}

# For root only, e.g. in a container: nobody else's machine is changed.
install_from_debian() {
    [[ $(id -u) == 0 ]] && command -v apt-get && apt-get update &&
        DEBIAN_FRONTEND=noninteractive \
            apt-get install --yes --no-install-recommends python3-matplotlib
}

has_matplotlib() { "$1" -c 'import matplotlib'; }

for python in "$venv/bin/python3" python3; do
    if has_matplotlib "$python"; then
        echo "$python"
        exit
    fi
done
if install_in_venv >&2 && has_matplotlib "$venv/bin/python3"; then
    echo "$venv/bin/python3"
elif install_from_debian >&2 && has_matplotlib /usr/bin/python3; then
    echo /usr/bin/python3
else
    exit 1
fi
