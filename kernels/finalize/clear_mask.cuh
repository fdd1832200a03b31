// SPDX-License-Identifier: Apache-2.0
// Zeros for a mask into whose words several threads or bits.
#pragma once

#include "kernels/finalize/steps.cuh"

namespace jsnorm::gpu {

struct ClearMask {
    global<uint32_t> mask = nullptr;
    int64_t words = 0;
};

JSNORM_DEVICE void clear_mask(const ClearMask &args) {
    for_entries(args.words, [&](int64_t i) { store(args.mask + i, 0u); });
}

}  // namespace jsnorm::gpu
