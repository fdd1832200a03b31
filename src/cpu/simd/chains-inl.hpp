// SPDX-License-Identifier: Apache-2.0
// Sums of a run in kLanes interleaved chains (src/cpu/tree.hpp): element i belongs to chain i %
// kLanes, whatever the width of a vector is, so that every instruction set gives the same bits.
#if defined(JSNORM_CPU_SIMD_CHAINS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_CHAINS_INL
#undef JSNORM_CPU_SIMD_CHAINS_INL
#else
#define JSNORM_CPU_SIMD_CHAINS_INL
#endif

#include "src/cpu/simd/elements-inl.hpp"
#include "src/cpu/tree.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

template <class Acc>
inline constexpr int64_t kVectors = kLanes / kWidth<Acc>;

template <class Acc>
struct Chains {
    Vector<Acc> v[kVectors<Acc>];

    HWY_INLINE explicit Chains(const Acc *lanes) {
        unrolled<kVectors<Acc>>(
            [&](auto j) HWY_ATTR { v[j] = hn::LoadU(Tag<Acc>(), lanes + j * kWidth<Acc>); });
    }
    HWY_INLINE void save(Acc *lanes) const {
        unrolled<kVectors<Acc>>(
            [&](auto j) HWY_ATTR { hn::StoreU(v[j], Tag<Acc>(), lanes + j * kWidth<Acc>); });
    }
};

// body(j, i, piece) for a run of n elements; the vector at element i belongs to vector j of Chains,
// a constant.
template <class Acc, class Body>
HWY_INLINE void for_chains(int64_t n, const Body &body) {
    constexpr int64_t width = kWidth<Acc>;
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        unrolled<kVectors<Acc>>([&](auto j) HWY_ATTR { body(j, i + j * width, Whole{}); });
    }
    if (i == n) return;
    unrolled<kVectors<Acc>>([&](auto j) HWY_ATTR {
        const int64_t left = n - i - j * width;
        if (left >= width) {
            body(j, i + j * width, Whole{});
        } else if (left > 0) {
            body(j, i + j * width, Head{left});
        }
    });
}

// The chains added up in double: chain l with chain l + 16, then 8, 4, 2, 1.
template <class Acc>
HWY_INLINE double sum_of_chains(const Acc *lanes) {
    double sums[kLanes];
    for (int64_t i = 0; i < kLanes; ++i) sums[i] = static_cast<double>(lanes[i]);
    for (int64_t count = kLanes / 2; count > 0; count /= 2) {
        for (int64_t i = 0; i < count; ++i) sums[i] += sums[i + count];
    }
    return sums[0];
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
