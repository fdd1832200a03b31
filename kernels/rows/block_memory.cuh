// SPDX-License-Identifier: Apache-2.0
// What the dynamic shared memory of a block of rows is used for: where each use begins, in bytes,
// as the plan has cut it.
#pragma once

#include "kernels/math/portable.cuh"

namespace jsnorm::gpu {

struct BlockMemory {
    int32_t parameters = 0;  // gamma and beta that the block holds; groups lie before them
    int32_t sums = 0;        // of dgamma and dbeta
    int32_t stash = 0;       // tiles that registers have no room for
    int32_t staging = 0;     // of tiles that lanes cannot read as they lie
    int32_t image = 0;       // of runs of memory that rows of a block share
    int32_t end = 0;
};

// How lanes come to the elements of their rows. What they hold is the same, and so is every bit.
enum class RowAccess : int32_t {
    kElements,    // one by one, through shared memory: strides other than 1
    kRowSpans,    // by 16 bytes into shared memory, wherever runs of a row begin and end
    kBlockSpans,  // the same where runs are short: those of neighbouring rows, which are one run
    kVectors,     // by 16 bytes: a lane's vector is one access
};

}  // namespace jsnorm::gpu
