// SPDX-License-Identifier: Apache-2.0
// Whether a byte of host memory is mapped, for the opt-in pointer checks.
#pragma once

namespace jsnorm::cpu {

bool is_reachable(const void *byte);

}  // namespace jsnorm::cpu
