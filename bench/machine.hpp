// SPDX-License-Identifier: Apache-2.0
// The machine in neutral words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jsnorm::bench {

struct Machine {
    int processors;                    // that this process may use
    std::string instruction_set;       // e.g. x86-64, AVX-512
    std::vector<int64_t> cache_bytes;  // of data caches, first level first; the last one is shared
    int64_t memory_bytes;

    int64_t last_level_bytes() const { return cache_bytes.empty() ? 0 : cache_bytes.back(); }
};

Machine this_machine();

}  // namespace jsnorm::bench
