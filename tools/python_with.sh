#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints a Python that has a module, or fails: python_with.sh MODULE, such as matplotlib
# PyPI comes first, into a folder of the build.
set -euo pipefail

module=${1:?usage: python_with.sh MODULE}
venv=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/venv

install_in_venv() {
    { [[ -x $venv/bin/python3 ]] || python3 -m venv "$venv"; } &&
        "$venv/bin/python3" -m pip install --quiet --retries 1 --timeout 15 "$module"
}

# For root only, e.g. in a container: nobody else's machine is changed.
install_from_debian() {
    [[ $(id -u) == 0 ]] && command -v apt-get && apt-get update &&
        DEBIAN_FRONTEND=noninteractive \
            apt-get install --yes --no-install-recommends "python3-$module"
}

has_module() { "$1" -c "import $module"; }

for python in "$venv/bin/python3" python3; do
    if has_module "$python"; then
        echo "$python"
        exit
    fi
done
if install_in_venv >&2 && has_module "$venv/bin/python3"; then
    echo "$venv/bin/python3"
elif install_from_debian >&2 && has_module /usr/bin/python3; then
    echo /usr/bin/python3
else
    exit 1
fi
