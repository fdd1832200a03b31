#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The share of the last-level cache decides about speed, never about bits: one byte and the largest
# share that can be set give the same digests.
#     tests/golden/any_cache.sh build/dev/tests/jsnorm_digest
set -euo pipefail
digest=${1:?usage: any_cache.sh JSNORM_DIGEST}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_WAIT_POLICY=passive
JSNORM_CPU_CACHE=1 "$digest" >"$folder/one_byte" &
JSNORM_CPU_CACHE=64G "$digest" >"$folder/everything"
wait $!
diff "$folder/one_byte" "$folder/everything" >&2
[ "$(wc -l <"$folder/one_byte")" -gt 100 ] && echo "$(wc -l <"$folder/one_byte") digests are equal"
