// SPDX-License-Identifier: Apache-2.0
// A finalize kernel is a list of steps over statistics, parameters and partial results; a step may
// read what the steps before it wrote. Where the steps are short, one launch takes all of them, and
// its blocks meet in between:
//
//     one launch, a block or a cluster    step 1 | meet | step 2 | meet | step 3
//     a launch for each, of any blocks    step 1        , step 2        , step 3
//
// No bit of a result depends on which (src/cuda/plan/finalize.hpp decides).
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"

namespace jsnorm::gpu {

// How the blocks of a launch meet.
enum class Meeting : int32_t {
    kNone,     // they do not: the launch has one step
    kBlock,    // there is one block
    kCluster,  // they are one cluster
};

// Everything that any block of the launch wrote before is seen by all of them behind it. Takes
// part: every thread of the launch.
JSNORM_DEVICE void meet(Meeting meeting) {
    if (meeting == Meeting::kBlock) __syncthreads();
    if (meeting == Meeting::kCluster) cluster_sync();
}

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
