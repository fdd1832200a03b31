// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace jsnorm::cpu {

// What a core has of it, as the processor or else the operating system says; 16 MiB where neither
// does.
int64_t last_level_cache_bytes();

}  // namespace jsnorm::cpu
