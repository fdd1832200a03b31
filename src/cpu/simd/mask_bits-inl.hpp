// SPDX-License-Identifier: Apache-2.0
// The ReLU mask: bit e%32 of word e/32 for the element at offset e of x.
#if defined(JSNORM_CPU_SIMD_MASK_BITS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_MASK_BITS_INL
#undef JSNORM_CPU_SIMD_MASK_BITS_INL
#else
#define JSNORM_CPU_SIMD_MASK_BITS_INL
#endif

#include <atomic>

#include "src/cpu/simd/elements-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// Bit l: lane l is positive.
template <class Acc>
HWY_INLINE uint64_t positive_lanes(Vector<Acc> v) {
    const Tag<Acc> d;
    uint8_t bytes[8] = {};
    hn::StoreMaskBits(d, hn::Gt(v, hn::Zero(d)), bytes);
    uint64_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    return bits;
}

template <class Acc>
HWY_INLINE hn::Mask<Tag<Acc>> mask_of_lanes(uint64_t bits) {
    uint8_t bytes[8];
    std::memcpy(bytes, &bits, sizeof bits);
    return hn::LoadMaskBits(Tag<Acc>(), bytes);
}

// Writes the bits of a run, beginning with bit `first`. The run's first and last words may belong
// to other runs too: they are or-ed atomically into the cleared mask, in any order. The words
// between are stored.
class BitWriter {
  public:
    HWY_INLINE BitWriter(uint32_t *mask, int64_t first)
        : word_(mask + first / 32), filled_(first % 32), shared_(filled_ != 0) {}

    HWY_INLINE void append(uint64_t bits, int64_t count) {
        pending_ |= bits << filled_;
        filled_ += count;
        for (; filled_ >= 32; filled_ -= 32) {
            if (shared_) {
                merge();
            } else {
                *word_ = static_cast<uint32_t>(pending_);
            }
            shared_ = false;
            ++word_;
            pending_ >>= 32;
        }
    }

    HWY_INLINE void finish() {
        if (filled_ > 0) merge();
    }

  private:
    HWY_INLINE void merge() {
        std::atomic_ref<uint32_t>(*word_).fetch_or(static_cast<uint32_t>(pending_),
                                                   std::memory_order_relaxed);
    }

    uint32_t *word_;
    uint64_t pending_ = 0;
    int64_t filled_;
    bool shared_;
};

// `count` <= 32 bits, beginning with bit e. Higher bits are undefined.
HWY_INLINE uint64_t bits_at(const uint32_t *mask, int64_t e, int64_t count) {
    const int64_t shift = e % 32;
    uint64_t bits = mask[e / 32] >> shift;
    if (shift + count > 32) bits |= uint64_t{mask[e / 32 + 1]} << (32 - shift);
    return bits;
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
