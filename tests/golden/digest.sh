#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Digests of every output in every type and layout, on the CPU backend and on the executor:
#     tests/golden/digest.sh build/dev >before.txt      and after the change: diff before.txt after.txt
set -euo pipefail
build=${1:?usage: digest.sh BUILD_FOLDER}
files=("$(dirname "$0")"/*.txt)
export OMP_WAIT_POLICY=passive
"$build/tests/jsnorm_digest" "${files[@]}" | sed 's/^/cpu  /'
"$build/tests/simt_device/jsnorm_simt_digest" "${files[@]}" | sed 's/^/cuda /'
