// SPDX-License-Identifier: Apache-2.0
// Sums of a run in kLanes interleaved chains (src/cpu/cut.hpp). Element i belongs to chain i %
// kLanes for every vector width, so that every instruction set gives the same bits.
#if defined(JSNORM_CPU_SIMD_CHAINS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_CHAINS_INL
#undef JSNORM_CPU_SIMD_CHAINS_INL
#else
#define JSNORM_CPU_SIMD_CHAINS_INL
#endif

#include "src/cpu/cut.hpp"
#include "src/cpu/simd/elements-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

template <class Acc>
inline constexpr int64_t kVectors = kLanes / kWidth<Acc>;

// Adds up all lanes of `count` vectors, a power of two, by halves: lane l of all lanes and lane l +
// half, then a quarter, down to one.
template <class D, int64_t count>
HWY_INLINE hn::TFromD<D> sum_in_halves(D d, hn::Vec<D> (&vectors)[count]) {
    for (int64_t left = count / 2; left > 0; left /= 2) {
        for (int64_t j = 0; j < left; ++j) vectors[j] = hn::Add(vectors[j], vectors[j + left]);
    }
#if HWY_TARGET != HWY_SCALAR
    if constexpr (hn::MaxLanes(D()) > 1) {
        const hn::Half<D> half;
        hn::Vec<hn::Half<D>> sum[1] = {
            hn::Add(hn::LowerHalf(half, vectors[0]), hn::UpperHalf(half, vectors[0]))};
        return sum_in_halves(half, sum);
    }
#endif
    (void)d;
    return hn::GetLane(vectors[0]);
}

template <class Acc>
struct Chains {
    Vector<Acc> v[kVectors<Acc>];

    HWY_INLINE Chains() {
        unrolled<kVectors<Acc>>([&](auto j) HWY_ATTR { v[j] = hn::Zero(Tag<Acc>()); });
    }
    HWY_INLINE explicit Chains(const Acc *lanes) {
        unrolled<kVectors<Acc>>(
            [&](auto j) HWY_ATTR { v[j] = hn::LoadU(Tag<Acc>(), lanes + j * kWidth<Acc>); });
    }
    HWY_INLINE void save(Acc *lanes) const {
        unrolled<kVectors<Acc>>(
            [&](auto j) HWY_ATTR { hn::StoreU(v[j], Tag<Acc>(), lanes + j * kWidth<Acc>); });
    }

    // Adds up the chains by halves: chains l and l + 16 in Acc, then 8, 4, 2, 1 in double.
    HWY_INLINE double sum() const {
        constexpr int64_t count = kVectors<Acc> / 2;
        Vector<Acc> pairs[count];
        unrolled<count>([&](auto j) HWY_ATTR { pairs[j] = hn::Add(v[j], v[j + count]); });
        if constexpr (sizeof(Acc) == sizeof(double)) {
            return sum_in_halves(Tag<double>(), pairs);
        } else {
            return sum_in_double(pairs);
        }
    }

    // Roughly the sum of the chains divided by `count`: a pivot.
    HWY_INLINE Acc mean(double count) const {
        // Scaled first, so that the sum cannot overflow.
        constexpr auto share = static_cast<Acc>(1.0 / kLanes);
        Vector<Acc> parts[kVectors<Acc>];
        unrolled<kVectors<Acc>>(
            [&](auto j) HWY_ATTR { parts[j] = hn::Mul(v[j], hn::Set(Tag<Acc>(), share)); });
        return sum_in_halves(Tag<Acc>(), parts) * static_cast<Acc>(kLanes / count);
    }

  private:
    template <int64_t count>
    static HWY_INLINE double sum_in_double(Vector<float> (&pairs)[count]) {
        const Tag<double> d;
#if HWY_TARGET == HWY_SCALAR
        Vector<double> wide[count];
        unrolled<count>([&](auto j) HWY_ATTR { wide[j] = hn::PromoteTo(d, pairs[j]); });
#else
        const hn::Half<Tag<float>> half;
        Vector<double> wide[2 * count];
        unrolled<count>([&](auto j) HWY_ATTR {
            wide[2 * j] = hn::PromoteTo(d, hn::LowerHalf(half, pairs[j]));
            wide[2 * j + 1] = hn::PromoteTo(d, hn::UpperHalf(half, pairs[j]));
        });
#endif
        return sum_in_halves(d, wide);
    }
};

// body(j, i, piece) for a run of n elements, vector by vector: the vector at element i belongs to
// Chains::v[j]. j is a std::integral_constant.
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

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
