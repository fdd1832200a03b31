// SPDX-License-Identifier: Apache-2.0
// dy and x -> dx and dz, from coefficients.
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

// The common case has loops of its own: through the statistics, no activation, no dz.
template <class T>
bool is_plain(const BackwardTile<T> &b) {
    return b.through_statistics && b.input.gate == Gate::kNone && b.dx.data != nullptr &&
           b.dz.data == nullptr;
}

template <class T, class Back>
HWY_INLINE void plain_backward_of_run(const Back &back, const T *x, const T *dy, Output<T> dx,
                                      int64_t n, int64_t x_ahead, int64_t dy_ahead) {
    for_outputs(dx, n, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
        prefetch_ahead(x, i, x_ahead);
        prefetch_ahead(dy, i, dy_ahead);
        put(dx.data + i, back.input_gradient(load(x + i, piece), load(dy + i, piece), i, piece));
    });
}

// Fields are copied to locals as in forward_of_run().
template <class T, class Span, class Back>
HWY_INLINE void backward_of_run(const BackwardTile<T> &b, const Span &span, const Back &back,
                                int64_t o, int64_t c, Stretch s, Output<T> dx, Output<T> dz) {
    using Acc = Compute<T>;
    const GradientInput<T> &input = b.input;
    const T *x = input.x.at(o, c) + s.first;
    const T *dy = input.dy.at(o, c) + s.first;
    const RunGate gate(input, o, c, s.first);
    const bool through_statistics = b.through_statistics;
    const int64_t x_ahead = input.x.ahead;
    const int64_t dy_ahead = input.dy.ahead;
    if (is_plain(b)) return plain_backward_of_run(back, x, dy, dx, s.length, x_ahead, dy_ahead);
    const bool reads_x = through_statistics || gate.gate == Gate::kRecompute;
    const auto gradient = [&](int64_t i, auto piece, Vector<Acc> &value) HWY_ATTR {
        if (reads_x) prefetch_ahead(x, i, x_ahead);
        prefetch_ahead(dy, i, dy_ahead);
        value = reads_x ? load(x + i, piece) : hn::Zero(Tag<Acc>());
        return gate.apply(span, value, load(dy + i, piece), i, piece);
    };
    // Past the caches dz gets a loop of its own, before dx: its stores must be one stream.
    const bool one_loop = dx.data != nullptr && dz.past_cache == nullptr;
    if (dz.data != nullptr && !one_loop) {
        for_outputs(dz, s.length, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
            Vector<Acc> value;
            put(dz.data + i, gradient(i, piece, value));
        });
    }
    if (dx.data == nullptr) return;
    T *dz_in_loop = one_loop ? dz.data : nullptr;
    for_outputs(dx, s.length, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
        Vector<Acc> value;
        const Vector<Acc> g = gradient(i, piece, value);
        if (dz_in_loop != nullptr) store(g, dz_in_loop + i, piece);
        put(dx.data + i, through_statistics ? back.input_gradient(value, g, i, piece)
                                            : back.fixed_gradient(g, i, piece));
    });
}

// The common case with parameters per element: rows side by side share loads of parameters.
template <class T>
void plain_backward_of_rows(const BackwardTile<T> &b, Outputs<T> &outputs) {
    using Acc = Compute<T>;
    using Back = BackwardSpan<Acc, Splat<Acc>, Each<Acc>>;
    const GradientInput<T> &input = b.input;
    const int64_t x_ahead = input.x.ahead;
    const int64_t dy_ahead = input.dy.ahead;
    const auto some = [&](int64_t o, int64_t c, auto rows, Stretch s) HWY_ATTR {
        const auto x =
            generate<rows>([&](auto k) HWY_ATTR { return input.x.at(o, c + k) + s.first; });
        const auto dy =
            generate<rows>([&](auto k) HWY_ATTR { return input.dy.at(o, c + k) + s.first; });
        const auto dx =
            generate<rows>([&](auto k) HWY_ATTR { return outputs.at(o, c + k, s.first); });
        const auto back = generate<rows>([&](auto k) HWY_ATTR {
            return Back(input.backward, input.parameters, c + k, s.first);
        });
        for_outputs(dx.first, s.length, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
            const auto v = generate<rows>([&](auto k) HWY_ATTR {
                prefetch_ahead(x[k], i, x_ahead);
                prefetch_ahead(dy[k], i, dy_ahead);
                return back[k].input_gradient(load(x[k] + i, piece), load(dy[k] + i, piece), i,
                                              piece);
            });
            unrolled<rows>([&](auto k) HWY_ATTR { put(dx[k].data + i, v[k]); });
        });
    };
    if (outputs.past_cache())
        return for_stretches<1>(input.tile, input.parameter_per_element, some);
    constexpr int64_t rows = kRowsAtOnce / 2;  // two tensors are read
    for_stretches<rows>(input.tile, input.parameter_per_element, some);
}

template <class T>
void backward_of_rows(const BackwardTile<T> &b) {
    using Acc = Compute<T>;
    const GradientInput<T> &input = b.input;
    Outputs<T> to_dx(b.dx, b.past_cache);
    Outputs<T> to_dz(b.dz, b.past_cache);
    const auto run = [&](int64_t o, int64_t c, auto, Stretch s) HWY_ATTR {
        const Output<T> dx = to_dx.at(o, c, s.first);
        const Output<T> dz = to_dz.at(o, c, s.first);
        if (input.parameter_per_element) {
            const ForwardSpan<Acc, Splat<Acc>, Each<Acc>> span(input.forward, input.parameters, c,
                                                               s.first);
            const BackwardSpan<Acc, Splat<Acc>, Each<Acc>> back(input.backward, input.parameters, c,
                                                                s.first);
            backward_of_run(b, span, back, o, c, s, dx, dz);
        } else {
            const ForwardSpan<Acc, Splat<Acc>, Splat<Acc>> span(input.forward, input.parameters, c,
                                                                c);
            const BackwardSpan<Acc, Splat<Acc>, Splat<Acc>> back(input.backward, input.parameters,
                                                                 c, c);
            backward_of_run(b, span, back, o, c, s, dx, dz);
        }
    };
    if (is_plain(b) && input.parameter_per_element) {
        plain_backward_of_rows(b, to_dx);
    } else {
        for_stretches<1>(input.tile, input.parameter_per_element, run);
    }
    to_dx.finish();
    to_dz.finish();
}

template <class T, class Back>
HWY_INLINE bool plain_backward_of_columns(const BackwardTile<T> &b, const Back &back) {
    using Acc = Compute<T>;
    const Runs<const T> x = b.input.x;
    const Runs<const T> dy = b.input.dy;
    const Runs<T> dx = b.dx;
    const int64_t length = b.input.tile.length;
    return for_output_columns(
        b.input.tile, dx, b.past_cache, b.near,
        [&](int64_t c, auto piece, auto put, int64_t first, auto count) HWY_ATTR {
            const BackwardSpan<Acc, Splat<Acc>, Splat<Acc>> coefficients(back, c, piece);
            for (int64_t i = 0; i < count; ++i) {
                const int64_t r = first + i;
                prefetch_runs(x, length, first + count, c, i);
                prefetch_runs(dy, length, first + count, c, i);
                put(dx.at(r, 0) + c,
                    coefficients.input_gradient(load(x.at(r, 0) + c, piece),
                                                load(dy.at(r, 0) + c, piece), c, piece));
            }
        });
}

template <class T>
void backward_of_columns(const BackwardTile<T> &b) {
    using Acc = Compute<T>;
    const GradientInput<T> &input = b.input;
    const ForwardSpan<Acc, Each<Acc>, Each<Acc>> span(input.forward, input.parameters, 0, 0);
    const BackwardSpan<Acc, Each<Acc>, Each<Acc>> back(input.backward, input.parameters, 0, 0);
    if (is_plain(b) && plain_backward_of_columns(b, back)) return;
    Outputs<T> to_dx(b.dx, b.past_cache);
    Outputs<T> to_dz(b.dz, b.past_cache);
    for (int64_t r = 0; r < input.tile.outer; ++r) {
        backward_of_run(b, span, back, r, 0, {0, input.tile.length}, to_dx.at(r, 0),
                        to_dz.at(r, 0));
    }
    to_dx.finish();
    to_dz.finish();
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
