// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace jsnorm::cpu {

// The last-level cache that one core can use, as the processor reports it, else the operating
// system; 16 MiB if neither does.
int64_t last_level_cache_bytes();

}  // namespace jsnorm::cpu
