// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/gather.hpp"

#include <atomic>

namespace jsnorm::cpu {

void scatter_mask(const uint32_t *bits, int64_t cell, const Axes &elements, int64_t first,
                  int64_t n, uint32_t *mask) {
    const int64_t stride = elements.inner_stride(0);
    for_inner_runs(elements, 0, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        for (int64_t i = 0; i < length; ++i) {
            if (!mask_bit(bits, done + i)) continue;
            const int64_t e = cell + offset + i * stride;
            std::atomic_ref<uint32_t>(mask[e / 32])
                .fetch_or(uint32_t{1} << (e % 32), std::memory_order_relaxed);
        }
    });
}

}  // namespace jsnorm::cpu
