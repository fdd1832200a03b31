// SPDX-License-Identifier: Apache-2.0
// Kernels that make each entry of an array by itself.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"

namespace jsnorm::gpu {

// Calls body(index) for the entries of this thread, the grid sharing all `count` of them.
template <class Body>
JSNORM_DEVICE void for_entries(int64_t count, const Body &body) {
    const int64_t step = int64_t{gridDim.x} * kFinalizeThreads;
    for (int64_t index = int64_t{blockIdx.x} * kFinalizeThreads + threadIdx.x; index < count;
         index += step) {
        body(index);
    }
}

}  // namespace jsnorm::gpu
