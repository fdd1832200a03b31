// SPDX-License-Identifier: Apache-2.0
// x (and z) -> y and the ReLU mask, by coefficients.
#if defined(JSNORM_CPU_SIMD_FORWARD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_FORWARD_INL
#undef JSNORM_CPU_SIMD_FORWARD_INL
#else
#define JSNORM_CPU_SIMD_FORWARD_INL
#endif

#include "src/cpu/simd/outputs-inl.hpp"
#include "src/cpu/simd/spans-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

template <class T, class Span>
HWY_INLINE void forward_of_run(const ForwardTile<T> &f, const Span &span, int64_t o, int64_t c) {
    using Acc = Compute<T>;
    const T *x = f.x.at(o, c);
    const T *z = f.z.data != nullptr ? f.z.at(o, c) : nullptr;
    T *y = f.y.at(o, c);
    const auto value = [&](int64_t i, auto piece) HWY_ATTR {
        Vector<Acc> v = span.preactivation(load(x + i, piece), i, piece);
        if (z != nullptr) v = hn::Add(v, load(z + i, piece));
        return v;
    };
    if (f.mask.words == nullptr) {
        for_outputs(y, f.tile.length, f.past_cache, [&](int64_t i, auto piece, auto put) HWY_ATTR {
            const Vector<Acc> v = value(i, piece);
            put(y + i, f.relu ? relu_of<Acc>(v) : v);
        });
        return;
    }
    BitWriter bits(f.mask.words, f.mask.at(o, c));
    for_outputs(y, f.tile.length, f.past_cache, [&](int64_t i, auto piece, auto put) HWY_ATTR {
        const Vector<Acc> v = value(i, piece);
        bits.append(positive_lanes<Acc>(within<Acc>(piece, v)), lanes_of<Acc>(piece));
        put(y + i, relu_of<Acc>(v));
    });
    bits.finish();
}

template <class T>
void forward_of_rows(const ForwardTile<T> &f) {
    using Acc = Compute<T>;
    for (int64_t o = 0; o < f.tile.outer; ++o) {
        for (int64_t c = 0; c < f.tile.inner; ++c) {
            if (f.parameter_per_element) {
                const ForwardSpan<Acc, Splat<Acc>, Each<Acc>> span(f.forward, f.parameters, c, 0);
                forward_of_run(f, span, o, c);
            } else {
                const ForwardSpan<Acc, Splat<Acc>, Splat<Acc>> span(f.forward, f.parameters, c, c);
                forward_of_run(f, span, o, c);
            }
        }
    }
    if (f.past_cache) hwy::FlushStream();
}

template <class T>
void forward_of_columns(const ForwardTile<T> &f) {
    using Acc = Compute<T>;
    const ForwardSpan<Acc, Each<Acc>, Each<Acc>> span(f.forward, f.parameters, 0, 0);
    for (int64_t r = 0; r < f.tile.outer; ++r) forward_of_run(f, span, r, 0);
    if (f.past_cache) hwy::FlushStream();
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
