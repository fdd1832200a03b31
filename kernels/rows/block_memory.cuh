// SPDX-License-Identifier: Apache-2.0
// What a plan decides about a block of rows: how its dynamic shared memory is cut, and how its
// lanes reach elements.
#pragma once

#include "kernels/math/portable.cuh"

namespace jsnorm::gpu {

// Where each use of the memory begins, in bytes. GroupMemory begins at 0.
struct BlockMemory {
    int32_t parameters = 0;  // gamma and beta of the block's tile
    int32_t sums = 0;        // of dgamma and dbeta
    int32_t stash = 0;       // tiles that registers have no room for
    int32_t staging = 0;     // tiles that lanes cannot access directly
    int32_t image = 0;       // runs of memory that rows of a block share
    int32_t end = 0;
};

// How lanes reach the elements of their rows. Affects speed, never bits: a lane holds the same
// elements each way.
enum class RowAccess : int32_t {
    kElements,    // one by one, through shared memory: strides other than 1
    kRowSpans,    // by 16 bytes into shared memory, wherever the runs of a row begin and end
    kBlockSpans,  // the same for short runs: those of neighbouring rows make up one run
    kVectors,     // by 16 bytes into registers: a lane's vector is one access
};

}  // namespace jsnorm::gpu
