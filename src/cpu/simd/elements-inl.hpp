// SPDX-License-Identifier: Apache-2.0
// Vectors of elements: loads and stores that convert to and from the type of arithmetic, of whole
// vectors or their first lanes, and loops over runs of neighbouring elements.
#if defined(JSNORM_CPU_SIMD_ELEMENTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_ELEMENTS_INL
#undef JSNORM_CPU_SIMD_ELEMENTS_INL
#else
#define JSNORM_CPU_SIMD_ELEMENTS_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstring>
#include <utility>

#include "kernels/math/scalar.cuh"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class Acc>
using Tag = hn::ScalableTag<Acc>;
template <class Acc>
using Vector = hn::Vec<Tag<Acc>>;
template <class Acc>
inline constexpr int64_t kWidth = HWY_LANES(Acc);

// The bits of 16-bit elements, as many as a vector of float has lanes.
using BitsTag = hn::Rebind<uint16_t, Tag<float>>;
using Bits = hn::Vec<BitsTag>;

// Which lanes of a vector take part: all, or the first `count`, 0 < count < width.
struct Whole {};
struct Head {
    int64_t count;
};

template <class Acc>
HWY_INLINE int64_t lanes_of(Whole) {
    return kWidth<Acc>;
}
template <class Acc>
HWY_INLINE int64_t lanes_of(Head head) {
    return head.count;
}

// v where lanes take part, 0 elsewhere.
template <class Acc>
HWY_INLINE Vector<Acc> within(Whole, Vector<Acc> v) {
    return v;
}
template <class Acc>
HWY_INLINE Vector<Acc> within(Head head, Vector<Acc> v) {
    return hn::IfThenElseZero(hn::FirstN(Tag<Acc>(), static_cast<size_t>(head.count)), v);
}

// ---- 16-bit elements ----------------------------------------------------------------------------

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr bool kConvertsHalf = true;  // to nearest even, subnormals honoured
#else
inline constexpr bool kConvertsHalf = false;
#endif

using WordTag = hn::RebindToUnsigned<Tag<float>>;
using Words = hn::Vec<WordTag>;

HWY_INLINE Words word(uint32_t value) {
    return hn::Set(WordTag(), value);
}

HWY_INLINE Bits low_bits(Words words) {
    return hn::DemoteTo(BitsTag(), hn::BitCast(hn::RebindToSigned<WordTag>(), words));
}

template <class T>
Vector<float> widen_bits(Bits bits);
template <class T>
Bits narrow_bits(Vector<float> v);

template <>
HWY_INLINE Vector<float> widen_bits<BFloat16>(Bits bits) {
    return hn::BitCast(Tag<float>(), hn::ShiftLeft<16>(hn::PromoteTo(WordTag(), bits)));
}

// To nearest even. Highway's own conversion truncates.
template <>
HWY_INLINE Bits narrow_bits<BFloat16>(Vector<float> v) {
    const Words bits = hn::BitCast(WordTag(), v);
    const Words last = hn::And(hn::ShiftRight<16>(bits), word(1));
    const Words rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(last, word(0x7fff))));
    const Words nan = hn::Or(hn::ShiftRight<16>(bits), word(0x40));
    const auto is_nan = hn::RebindMask(WordTag(), hn::Ne(v, v));
    return low_bits(hn::IfThenElse(is_nan, nan, rounded));
}

// For processors that cannot convert half: widen() and narrow() of kernels/math/scalar.cuh in
// vectors.
HWY_INLINE Vector<float> widen_half(Bits bits) {
    const Tag<float> d;
    const Words all = hn::PromoteTo(WordTag(), bits);
    const Words sign = hn::ShiftLeft<16>(hn::And(all, word(0x8000)));
    const Words magnitude = hn::ShiftLeft<13>(hn::And(all, word(0x7fff)));
    const Words finite =
        hn::BitCast(WordTag(), hn::Mul(hn::BitCast(d, magnitude), hn::Set(d, 0x1p112f)));
    const Words special = hn::Or(magnitude, word(0x7f800000));
    const Words full = word(0x7c00);
    const auto is_special = hn::Eq(hn::And(all, full), full);
    return hn::BitCast(d, hn::Or(sign, hn::IfThenElse(is_special, special, finite)));
}

HWY_INLINE Bits narrow_half(Vector<float> v) {
    const Tag<float> d;
    const hn::RebindToSigned<WordTag> di;
    const Words bits = hn::BitCast(WordTag(), v);
    const Words magnitude = hn::And(bits, word(0x7fffffff));
    const auto above = [&](uint32_t limit) HWY_ATTR {  // signed: both are below 2^31
        return hn::RebindMask(WordTag(), hn::Gt(hn::BitCast(di, magnitude),
                                                hn::Set(di, static_cast<int32_t>(limit))));
    };
    const Words subnormal =
        hn::Sub(hn::BitCast(WordTag(), hn::Add(hn::BitCast(d, magnitude), hn::Set(d, 0.5f))),
                word(0x3f000000));
    const Words last = hn::And(hn::ShiftRight<13>(magnitude), word(1));
    const Words normal = hn::ShiftRight<13>(
        hn::Sub(hn::Add(hn::Add(magnitude, word(0xfff)), last), word(0x38000000)));
    Words result = hn::IfThenElse(above(0x387fffff), normal, subnormal);
    result = hn::IfThenElse(above(0x477fefff), word(0x7c00), result);
    result = hn::IfThenElse(above(0x7f800000), word(0x7e00), result);
    return low_bits(hn::Or(result, hn::And(hn::ShiftRight<16>(bits), word(0x8000))));
}

template <>
HWY_INLINE Vector<float> widen_bits<Half>(Bits bits) {
    if constexpr (kConvertsHalf) {
        const hn::Rebind<hwy::float16_t, Tag<float>> d16;
        return hn::PromoteTo(Tag<float>(), hn::BitCast(d16, bits));
    } else {
        return widen_half(bits);
    }
}

template <>
HWY_INLINE Bits narrow_bits<Half>(Vector<float> v) {
    if constexpr (kConvertsHalf) {
        const hn::Rebind<hwy::float16_t, Tag<float>> d16;
        return hn::BitCast(BitsTag(), hn::DemoteTo(d16, v));
    } else {
        return narrow_half(v);
    }
}

// ---- Load and store -----------------------------------------------------------------------------

template <class T>
HWY_INLINE Vector<Compute<T>> load(const T *p, Whole) {
    if constexpr (sizeof(T) == 2) {
        return widen_bits<T>(hn::LoadU(BitsTag(), reinterpret_cast<const uint16_t *>(p)));
    } else {
        return hn::LoadU(Tag<T>(), p);
    }
}

// Other lanes become 0. Elements after the head are not read.
template <class T>
HWY_INLINE Vector<Compute<T>> load(const T *p, Head head) {
    const auto count = static_cast<size_t>(head.count);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
    if constexpr (sizeof(T) > 2) {
        return hn::MaskedLoad(hn::FirstN(Tag<T>(), count), Tag<T>(), p);
    }
#endif
#if HWY_TARGET == HWY_AVX3
    if constexpr (sizeof(T) == 2) {
        const auto *bits = reinterpret_cast<const uint16_t *>(p);
        return widen_bits<T>(hn::MaskedLoad(hn::FirstN(BitsTag(), count), BitsTag(), bits));
    }
#endif
    T buffer[kWidth<Compute<T>>] = {};
    std::memcpy(buffer, p, count * sizeof(T));
    return load(buffer, Whole{});
}

template <class T>
HWY_INLINE void store(Vector<Compute<T>> v, T *p, Whole) {
    if constexpr (sizeof(T) == 2) {
        hn::StoreU(narrow_bits<T>(v), BitsTag(), reinterpret_cast<uint16_t *>(p));
    } else {
        hn::StoreU(v, Tag<T>(), p);
    }
}

template <class T>
HWY_INLINE void store(Vector<Compute<T>> v, T *p, Head head) {
    const auto count = static_cast<size_t>(head.count);
#if HWY_TARGET == HWY_AVX3
    if constexpr (sizeof(T) == 2) {
        hn::BlendedStore(narrow_bits<T>(v), hn::FirstN(BitsTag(), count), BitsTag(),
                         reinterpret_cast<uint16_t *>(p));
    } else {
        hn::BlendedStore(v, hn::FirstN(Tag<T>(), count), Tag<T>(), p);
    }
#else
    T buffer[kWidth<Compute<T>>];
    store(v, buffer, Whole{});
    std::memcpy(p, buffer, count * sizeof(T));
#endif
}

// Stores past the caches; p is a multiple of the vector's size.
template <class T>
HWY_INLINE void stream(Vector<Compute<T>> v, T *p) {
    if constexpr (sizeof(T) == 2) {
        hn::Stream(narrow_bits<T>(v), BitsTag(), reinterpret_cast<uint16_t *>(p));
    } else {
        hn::Stream(v, Tag<T>(), p);
    }
}

// Prefetches the cache line `ahead` elements after the vector at element i of a run, once per line.
// Into the first-level cache: processors follow hints for the others less eagerly. The address may
// lie outside the tensor, since a prefetch never faults.
template <class T>
HWY_INLINE void prefetch_ahead(const T *run, int64_t i, int64_t ahead) {
    constexpr int64_t width = kWidth<Compute<T>>;
    if (width * sizeof(T) < 64 && (i & width) != 0) return;
    const auto bytes = static_cast<uintptr_t>(i + ahead) * sizeof(T);
    hwy::Prefetch(reinterpret_cast<const T *>(reinterpret_cast<uintptr_t>(run) + bytes));
}

// For a lambda that stores vectors in a loop: its captures stay in registers only if it is inlined
// before the loop is optimized.
#ifndef JSNORM_INLINE_BODY
#define JSNORM_INLINE_BODY HWY_ATTR __attribute__((always_inline))
#endif

// ---- Loops --------------------------------------------------------------------------------------

// body(k) for k = 0..count-1, a std::integral_constant.
template <int64_t count, class Body>
HWY_INLINE void unrolled(const Body &body) {
    [&]<int64_t... i>(std::integer_sequence<int64_t, i...>) HWY_ATTR {
        (body(std::integral_constant<int64_t, i>()), ...);
    }
    (std::make_integer_sequence<int64_t, count>());
}

// An array whose values stay in registers: each is a member of its own. In a plain array they would
// not, because the loops store vectors.
template <class Value, int64_t count>
struct RegisterArray {
    Value first;
    RegisterArray<Value, count - 1> others;

    template <int64_t k>
    HWY_INLINE const Value &operator[](std::integral_constant<int64_t, k>) const {
        if constexpr (k == 0) {
            return first;
        } else {
            return others[std::integral_constant<int64_t, k - 1>()];
        }
    }
};
template <class Value>
struct RegisterArray<Value, 1> {
    Value first;

    HWY_INLINE const Value &operator[](std::integral_constant<int64_t, 0>) const { return first; }
};

// make(k) for k = 0..count-1, a std::integral_constant, as an array.
template <int64_t count, int64_t k = 0, class Make>
HWY_INLINE auto generate(const Make &make) {
    using Value = decltype(make(std::integral_constant<int64_t, k>()));
    if constexpr (count == 1) {
        return RegisterArray<Value, 1>{make(std::integral_constant<int64_t, k>())};
    } else {
        return RegisterArray<Value, count>{make(std::integral_constant<int64_t, k>()),
                                           generate<count - 1, k + 1>(make)};
    }
}

// body(count, first) for 0..n-1: `step` at a time, then one by one. count is a
// std::integral_constant.
template <int64_t step, class Body>
HWY_INLINE void for_steps(int64_t n, const Body &body) {
    int64_t first = 0;
    for (; first + step <= n; first += step) {
        body(std::integral_constant<int64_t, step>(), first);
    }
    for (; first < n; ++first) body(std::integral_constant<int64_t, 1>(), first);
}

// body(i, piece) for a run of n elements, vector by vector.
template <class Acc, class Body>
HWY_INLINE void for_vectors(int64_t n, const Body &body) {
    int64_t i = 0;
    for (; i + kWidth<Acc> <= n; i += kWidth<Acc>) body(i, Whole{});
    if (i < n) body(i, Head{n - i});
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
