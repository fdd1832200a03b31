// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace jsnorm::cpu {

// Of the processor, as the operating system reports it; 16 MiB where it does not.
int64_t last_level_cache_bytes();

}  // namespace jsnorm::cpu
