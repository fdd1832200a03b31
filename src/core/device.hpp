// SPDX-License-Identifier: Apache-2.0
// What plans know about a GPU: plain numbers, so that plans can be made and tested without one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jsnorm {

struct DeviceSpec {
    char name[64] = {};
    int32_t ordinal = 0;
    int32_t major = 0;  // compute capability
    int32_t minor = 0;
    int32_t multiprocessors = 0;
    size_t shared_bytes_per_block = 0;  // the opt-in maximum
    size_t l2_bytes = 0;
    int32_t cluster_blocks = 1;  // the most of a portable cluster; 1: there are none
};

}  // namespace jsnorm
