// SPDX-License-Identifier: Apache-2.0
// Loops that write a run of neighbouring elements, through the caches or past them.
#if defined(JSNORM_CPU_SIMD_OUTPUTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_OUTPUTS_INL
#undef JSNORM_CPU_SIMD_OUTPUTS_INL
#else
#define JSNORM_CPU_SIMD_OUTPUTS_INL
#endif

#include "src/cpu/simd/elements-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

template <class T, class Piece>
struct Put {
    Piece piece;
    HWY_INLINE void operator()(T *p, Vector<Compute<T>> v) const { store(v, p, piece); }
};

template <class T>
struct PutPastCache {
    HWY_INLINE void operator()(T *p, Vector<Compute<T>> v) const { stream(v, p); }
};

// Elements before the next multiple of a vector's size.
template <class T>
HWY_INLINE int64_t unaligned_elements(const T *p) {
    constexpr uintptr_t bytes = kWidth<Compute<T>> * sizeof(T);
    const uintptr_t over = reinterpret_cast<uintptr_t>(p) % bytes;
    return over == 0 ? 0 : static_cast<int64_t>((bytes - over) / sizeof(T));
}

// body(i, piece, put) for a run of n elements at `run`; put(p, v) writes v to p, which is as far
// from the run's beginning as i.
template <class T, class Body>
HWY_INLINE void for_outputs(const T *run, int64_t n, bool past_cache, const Body &body) {
    using Acc = Compute<T>;
    int64_t i = 0;
    if (past_cache) {
        const int64_t before = std::min(unaligned_elements(run), n);
        if (before > 0) body(int64_t{0}, Head{before}, Put<T, Head>{{before}});
        for (i = before; i + kWidth<Acc> <= n; i += kWidth<Acc>)
            body(i, Whole{}, PutPastCache<T>{});
    } else {
        for (; i + kWidth<Acc> <= n; i += kWidth<Acc>) body(i, Whole{}, Put<T, Whole>{});
    }
    if (i < n) body(i, Head{n - i}, Put<T, Head>{{n - i}});
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
