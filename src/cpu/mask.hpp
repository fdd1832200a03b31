// SPDX-License-Identifier: Apache-2.0
// The ReLU mask: bit e%32 of word e/32 for the element at offset e of x.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace jsnorm::cpu {

// Sets the bits of n elements from offset `first` on, step `stride`, whose value is positive. The
// mask was cleared before; words that several units share are or-ed atomically, which no order
// changes.
template <class Acc>
void set_mask(uint32_t *mask, int64_t first, int64_t stride, int64_t n, const Acc *values) {
    const auto merge_word = [mask](int64_t word, uint32_t bits) {
        std::atomic_ref<uint32_t>(mask[word]).fetch_or(bits, std::memory_order_relaxed);
    };
    if (stride != 1) {
        for (int64_t i = 0; i < n; ++i) {
            const int64_t e = first + i * stride;
            if (values[i] > Acc(0)) merge_word(e / 32, uint32_t{1} << (e % 32));
        }
        return;
    }
    for (int64_t done = 0; done < n;) {
        const int64_t e = first + done;
        const int64_t count = std::min<int64_t>(32 - e % 32, n - done);
        uint32_t bits = 0;
        for (int64_t i = 0; i < count; ++i) {
            bits |= static_cast<uint32_t>(values[done + i] > Acc(0)) << i;
        }
        if (count == 32) {
            mask[e / 32] = bits;
        } else {
            merge_word(e / 32, bits << (e % 32));
        }
        done += count;
    }
}

inline bool mask_bit(const uint32_t *mask, int64_t e) {
    return (mask[e / 32] >> (e % 32)) & 1u;
}

}  // namespace jsnorm::cpu
