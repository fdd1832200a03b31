// SPDX-License-Identifier: Apache-2.0
// dy and x -> dx and dz, by coefficients.
#if defined(JSNORM_CPU_SIMD_BACKWARD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_BACKWARD_INL
#undef JSNORM_CPU_SIMD_BACKWARD_INL
#else
#define JSNORM_CPU_SIMD_BACKWARD_INL
#endif

#include "src/cpu/simd/outputs-inl.hpp"
#include "src/cpu/simd/spans-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

template <class T, class Span, class Back>
HWY_INLINE void backward_of_run(const BackwardTile<T> &b, const Span &span, const Back &back,
                                int64_t o, int64_t c) {
    using Acc = Compute<T>;
    const GradientTile<T> &of = b.of;
    const T *x = of.x.at(o, c);
    const T *dy = of.dy.at(o, c);
    const int64_t first = of.mask.at(o, c);
    const bool reads_x = b.through_statistics || of.gate == Gate::kRecompute;
    const auto gradient = [&](int64_t i, auto piece, Vector<Acc> &value) HWY_ATTR {
        value = reads_x ? load(x + i, piece) : hn::Zero(Tag<Acc>());
        return gated(of, span, first, value, load(dy + i, piece), i, piece);
    };
    const auto input_gradient = [&](Vector<Acc> value, Vector<Acc> g, int64_t i,
                                    auto piece) HWY_ATTR {
        return b.through_statistics ? back.input_gradient(value, g, i, piece)
                                    : back.fixed_gradient(g, i, piece);
    };
    T *dz = b.dz.data != nullptr ? b.dz.at(o, c) : nullptr;
    if (b.dx.data == nullptr) {
        for_outputs(dz, of.tile.length, b.past_cache,
                    [&](int64_t i, auto piece, auto put) HWY_ATTR {
                        Vector<Acc> value;
                        put(dz + i, gradient(i, piece, value));
                    });
        return;
    }
    T *dx = b.dx.at(o, c);
    for_outputs(dx, of.tile.length, b.past_cache, [&](int64_t i, auto piece, auto put) HWY_ATTR {
        Vector<Acc> value;
        const Vector<Acc> g = gradient(i, piece, value);
        if (dz != nullptr) store(g, dz + i, piece);
        put(dx + i, input_gradient(value, g, i, piece));
    });
}

template <class T>
void backward_of_rows(const BackwardTile<T> &b) {
    using Acc = Compute<T>;
    const GradientTile<T> &of = b.of;
    for (int64_t o = 0; o < of.tile.outer; ++o) {
        for (int64_t c = 0; c < of.tile.inner; ++c) {
            if (of.parameter_per_element) {
                const ForwardSpan<Acc, Splat<Acc>, Each<Acc>> span(of.forward, of.parameters, c, 0);
                const BackwardSpan<Acc, Splat<Acc>, Each<Acc>> back(of.backward, of.parameters, c,
                                                                    0);
                backward_of_run(b, span, back, o, c);
            } else {
                const ForwardSpan<Acc, Splat<Acc>, Splat<Acc>> span(of.forward, of.parameters, c,
                                                                    c);
                const BackwardSpan<Acc, Splat<Acc>, Splat<Acc>> back(of.backward, of.parameters, c,
                                                                     c);
                backward_of_run(b, span, back, o, c);
            }
        }
    }
    if (b.past_cache) hwy::FlushStream();
}

template <class T>
void backward_of_columns(const BackwardTile<T> &b) {
    using Acc = Compute<T>;
    const GradientTile<T> &of = b.of;
    const ForwardSpan<Acc, Each<Acc>, Each<Acc>> span(of.forward, of.parameters, 0, 0);
    const BackwardSpan<Acc, Each<Acc>, Each<Acc>> back(of.backward, of.parameters, 0, 0);
    for (int64_t r = 0; r < of.tile.outer; ++r) backward_of_run(b, span, back, r, 0);
    if (b.past_cache) hwy::FlushStream();
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
