#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs oneDNN 3 with GNU OpenMP from PyPI (headers, library) into a folder, and prints its version;
# fails where it cannot: onednn_from_pypi.sh FOLDER
set -euo pipefail

folder=${1:?usage: onednn_from_pypi.sh FOLDER}
version=2023.2.0 # of the packages; oneDNN 3.2.0
header=$folder/include/oneapi/dnnl/dnnl_version.h

if [ ! -e "$header" ]; then
    python3 -m venv --clear "$folder" >&2
    "$folder/bin/python3" -m pip install --quiet --retries 1 --timeout 15 \
        "onednn-cpu-gomp==$version" "onednn-devel-cpu-gomp==$version" >&2
fi
[ -e "$folder/lib/libdnnl.so" ]
sed -n 's/^#define DNNL_VERSION_\(MAJOR\|MINOR\|PATCH\) \+\([0-9]\+\)$/\2/p' "$header" | paste -sd. |
    sed 's/^/oneDNN /'
