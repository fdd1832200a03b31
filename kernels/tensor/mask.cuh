// SPDX-License-Identifier: Apache-2.0
// The ReLU mask: bit e%32 of word e/32 for the element at offset e of x.
#pragma once

#include "kernels/tensor/pack.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {

// The bits of the elements from `offset` on, up to the end of its word.
JSNORM_DEVICE uint32_t mask_bits(global<const uint32_t> mask, int64_t offset) {
    return load(mask + offset / 32) >> (offset % 32);
}

JSNORM_DEVICE bool mask_bit(global<const uint32_t> mask, int64_t offset) {
    return (mask_bits(mask, offset) & 1u) != 0;
}

// The bits of `count` elements from `offset` on, which may lie in two words.
JSNORM_DEVICE uint32_t mask_bits(global<const uint32_t> mask, int64_t offset, int count) {
    const int shift = static_cast<int>(offset % 32);
    uint32_t bits = load(mask + offset / 32) >> shift;
    if (shift + count > 32) bits |= load(mask + (offset / 32 + 1)) << (32 - shift);
    return bits & ((1u << count) - 1);
}

// Sets bits in a word in which other threads set bits too, in any order. The mask was cleared
// before.
JSNORM_DEVICE void merge_mask(global<uint32_t> mask, int64_t offset, uint32_t bits) {
    if (bits != 0) atomic_or(mask + offset / 32, bits << (offset % 32));
}

// Writes whole words: 32/kWidth<T> neighbouring lanes hold neighbouring vectors of x, the first of
// which begins a word. Takes part: every lane of the warp, with `exists` false where it has no
// vector.
template <class T>
JSNORM_DEVICE void write_mask(global<uint32_t> mask, int64_t offset, uint32_t bits, bool exists) {
    constexpr int kLanes = 32 / kWidth<T>;
    uint32_t word = exists ? bits << (offset % 32) : 0;
    JSNORM_UNROLL
    for (int step = 1; step < kLanes; step *= 2) word |= __shfl_xor_sync(kFullWarp, word, step);
    if (exists && threadIdx.x % kLanes == 0) store(mask + offset / 32, word);
}

}  // namespace jsnorm::gpu
