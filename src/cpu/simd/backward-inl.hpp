// SPDX-License-Identifier: Apache-2.0
// dy and x -> dx and dz, by coefficients.
#if defined(JSNORM_CPU_SIMD_BACKWARD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_BACKWARD_INL
#undef JSNORM_CPU_SIMD_BACKWARD_INL
#else
#define JSNORM_CPU_SIMD_BACKWARD_INL
#endif

#include "src/cpu/simd/columns-inl.hpp"
#include "src/cpu/simd/outputs-inl.hpp"
#include "src/cpu/simd/spans-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// Through the statistics, without activation and dz.
template <class T, class Back>
HWY_INLINE void plain_backward_of_run(const Back &back, const T *x, const T *dy, Output<T> dx,
                                      int64_t n, int64_t x_ahead, int64_t dy_ahead) {
    for_outputs(dx.data, n, dx.past_cache, [&](int64_t i, auto piece, auto put) HWY_ATTR {
        prefetch_ahead(x, i, x_ahead);
        prefetch_ahead(dy, i, dy_ahead);
        put(dx.data + i, back.input_gradient(load(x + i, piece), load(dy + i, piece), i, piece));
    });
}

// Copies as in forward_of_run().
template <class T, class Span, class Back>
HWY_INLINE void backward_of_run(const BackwardTile<T> &b, const Span &span, const Back &back,
                                int64_t o, int64_t c, Stretch s, Output<T> dx) {
    using Acc = Compute<T>;
    const GradientTile<T> &of = b.of;
    const T *x = of.x.at(o, c) + s.first;
    const T *dy = of.dy.at(o, c) + s.first;
    T *dz = b.dz.data != nullptr ? b.dz.at(o, c) + s.first : nullptr;
    const GateOf gate(of, o, c, s.first);
    const bool through_statistics = b.through_statistics;
    const int64_t x_ahead = of.x.ahead;
    const int64_t dy_ahead = of.dy.ahead;
    if (dx.data != nullptr && dz == nullptr && gate.gate == Gate::kNone && through_statistics) {
        return plain_backward_of_run(back, x, dy, dx, s.length, x_ahead, dy_ahead);
    }
    const bool reads_x = through_statistics || gate.gate == Gate::kRecompute;
    const auto gradient = [&](int64_t i, auto piece, Vector<Acc> &value) HWY_ATTR {
        if (reads_x) prefetch_ahead(x, i, x_ahead);
        prefetch_ahead(dy, i, dy_ahead);
        value = reads_x ? load(x + i, piece) : hn::Zero(Tag<Acc>());
        return gate.of(span, value, load(dy + i, piece), i, piece);
    };
    if (dx.data == nullptr) {
        for_outputs(dz, s.length, b.past_cache, [&](int64_t i, auto piece, auto put) HWY_ATTR {
            Vector<Acc> value;
            put(dz + i, gradient(i, piece, value));
        });
        return;
    }
    for_outputs(dx.data, s.length, dx.past_cache, [&](int64_t i, auto piece, auto put) HWY_ATTR {
        Vector<Acc> value;
        const Vector<Acc> g = gradient(i, piece, value);
        if (dz != nullptr) store(g, dz + i, piece);
        put(dx.data + i, through_statistics ? back.input_gradient(value, g, i, piece)
                                            : back.fixed_gradient(g, i, piece));
    });
}

template <class T>
void backward_of_rows(const BackwardTile<T> &b) {
    using Acc = Compute<T>;
    const GradientTile<T> &of = b.of;
    RowOutputs<T> outputs(of.tile, b.dx, b.past_cache);
    const auto run = [&](int64_t o, int64_t c, Stretch s) HWY_ATTR {
        const Output<T> dx = outputs.at(o, c, s.first);
        if (of.parameter_per_element) {
            const ForwardSpan<Acc, Splat<Acc>, Each<Acc>> span(of.forward, of.parameters, c,
                                                               s.first);
            const BackwardSpan<Acc, Splat<Acc>, Each<Acc>> back(of.backward, of.parameters, c,
                                                                s.first);
            backward_of_run(b, span, back, o, c, s, dx);
        } else {
            const ForwardSpan<Acc, Splat<Acc>, Splat<Acc>> span(of.forward, of.parameters, c, c);
            const BackwardSpan<Acc, Splat<Acc>, Splat<Acc>> back(of.backward, of.parameters, c, c);
            backward_of_run(b, span, back, o, c, s, dx);
        }
    };
    for_stretches(of.tile, of.parameter_per_element, run,
                  [&](int64_t o) HWY_ATTR { outputs.finish(o); });
}

template <class T, class Back>
HWY_INLINE bool plain_backward_of_columns(const BackwardTile<T> &b, const Back &back) {
    using Acc = Compute<T>;
    const Runs<const T> x = b.of.x;
    const Runs<const T> dy = b.of.dy;
    const Runs<T> dx = b.dx;
    const int64_t length = b.of.tile.length;
    return for_output_columns(
        b.of.tile, dx, b.past_cache, b.near,
        [&](int64_t c, auto piece, auto put, int64_t first, auto count) HWY_ATTR {
            const BackwardSpan<Acc, Splat<Acc>, Splat<Acc>> held(back, c, piece);
            for (int64_t i = 0; i < count; ++i) {
                const int64_t r = first + i;
                prefetch_runs(x, length, first + count, c, i);
                prefetch_runs(dy, length, first + count, c, i);
                put(dx.at(r, 0) + c, held.input_gradient(load(x.at(r, 0) + c, piece),
                                                         load(dy.at(r, 0) + c, piece), c, piece));
            }
        });
}

template <class T>
void backward_of_columns(const BackwardTile<T> &b) {
    using Acc = Compute<T>;
    const GradientTile<T> &of = b.of;
    const ForwardSpan<Acc, Each<Acc>, Each<Acc>> span(of.forward, of.parameters, 0, 0);
    const BackwardSpan<Acc, Each<Acc>, Each<Acc>> back(of.backward, of.parameters, 0, 0);
    const bool plain = b.through_statistics && of.gate == Gate::kNone && b.dx.data != nullptr &&
                       b.dz.data == nullptr;
    if (plain && plain_backward_of_columns(b, back)) return;
    for (int64_t r = 0; r < of.tile.outer; ++r) {
        T *dx = b.dx.data != nullptr ? b.dx.at(r, 0) : nullptr;
        backward_of_run(b, span, back, r, 0, {0, of.tile.length}, {dx, b.past_cache});
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
