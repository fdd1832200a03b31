// SPDX-License-Identifier: Apache-2.0
// For kernels that compute each entry of an array by itself.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"

namespace jsnorm::gpu {

// Calls body(index) for the entries of this thread; the grid shares all `count` entries.
template <class Body>
JSNORM_DEVICE void for_entries(int64_t count, const Body &body) {
    const int64_t step = int64_t{gridDim.x} * kFinalizeThreads;
    for (int64_t index = int64_t{blockIdx.x} * kFinalizeThreads + threadIdx.x; index < count;
         index += step) {
        body(index);
    }
}

}  // namespace jsnorm::gpu
