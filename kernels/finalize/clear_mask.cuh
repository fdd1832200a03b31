// SPDX-License-Identifier: Apache-2.0
// Clears a ReLU mask, where several threads set bits in the same word.
#pragma once

#include "kernels/finalize/entries.cuh"

namespace jsnorm::gpu {

struct FinalizeClearMask {
    global<uint32_t> mask;
    int64_t words;
};

template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_clear_mask(FinalizeClearMask args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_entries(args.words, [&](int64_t i) { store(args.mask + i, 0u); });
}

}  // namespace jsnorm::gpu
