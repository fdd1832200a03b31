// SPDX-License-Identifier: Apache-2.0
// x (and z) -> y and the ReLU mask, from coefficients.
#if defined(JSNORM_CPU_SIMD_FORWARD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_FORWARD_INL
#undef JSNORM_CPU_SIMD_FORWARD_INL
#else
#define JSNORM_CPU_SIMD_FORWARD_INL
#endif

#include "src/cpu/simd/columns-inl.hpp"
#include "src/cpu/simd/outputs-inl.hpp"
#include "src/cpu/simd/spans-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// The common case has loops of its own: no residual, no ReLU, no mask.
template <class T>
bool is_plain(const ForwardTile<T> &f) {
    return f.z.data == nullptr && !f.relu;
}

// One run in the common case.
template <class T, class Span>
HWY_INLINE void plain_forward_of_run(const Span &span, const T *x, Output<T> y, int64_t n,
                                     int64_t ahead) {
    for_outputs(y, n, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
        prefetch_ahead(x, i, ahead);
        put(y.data + i, span.preactivation(load(x + i, piece), i, piece));
    });
}

// Fields of the tile are copied to locals: the compiler must assume that a vector store changes
// them.
template <class T, class Span>
HWY_INLINE void forward_of_run(const ForwardTile<T> &f, const Span &span, int64_t o, int64_t c,
                               Stretch s, Output<T> y) {
    using Acc = Compute<T>;
    const T *x = f.x.at(o, c) + s.first;
    const T *z = f.z.data != nullptr ? f.z.at(o, c) + s.first : nullptr;
    const bool relu = f.relu;
    const int64_t x_ahead = f.x.ahead;
    const int64_t z_ahead = f.z.ahead;
    if (is_plain(f)) return plain_forward_of_run(span, x, y, s.length, x_ahead);
    const auto value = [&](int64_t i, auto piece) HWY_ATTR {
        prefetch_ahead(x, i, x_ahead);
        Vector<Acc> v = span.preactivation(load(x + i, piece), i, piece);
        if (z == nullptr) return v;
        prefetch_ahead(z, i, z_ahead);
        return hn::Add(v, load(z + i, piece));
    };
    if (f.mask.words == nullptr) {
        for_outputs(y, s.length, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
            const Vector<Acc> v = value(i, piece);
            put(y.data + i, relu ? relu_of<Acc>(v) : v);
        });
        return;
    }
    BitWriter bits(f.mask.words, f.mask.at(o, c) + s.first);
    for_outputs(y, s.length, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
        const Vector<Acc> v = value(i, piece);
        bits.append(positive_lanes<Acc>(within<Acc>(piece, v)), lanes_of<Acc>(piece));
        put(y.data + i, relu_of<Acc>(v));
    });
    bits.finish();
}

// The common case with parameters per element: rows side by side share loads of parameters.
template <class T>
void plain_forward_of_rows(const ForwardTile<T> &f, Outputs<T> &outputs) {
    using Acc = Compute<T>;
    using Span = ForwardSpan<Acc, Splat<Acc>, Each<Acc>>;
    const int64_t ahead = f.x.ahead;
    const auto some = [&](int64_t o, int64_t c, auto rows, Stretch s) HWY_ATTR {
        const auto x = generate<rows>([&](auto k) HWY_ATTR { return f.x.at(o, c + k) + s.first; });
        const auto y =
            generate<rows>([&](auto k) HWY_ATTR { return outputs.at(o, c + k, s.first); });
        const auto span = generate<rows>(
            [&](auto k) HWY_ATTR { return Span(f.forward, f.parameters, c + k, s.first); });
        for_outputs(y.first, s.length, [&](int64_t i, auto piece, auto put) JSNORM_INLINE_BODY {
            const auto v = generate<rows>([&](auto k) HWY_ATTR {
                prefetch_ahead(x[k], i, ahead);
                return span[k].preactivation(load(x[k] + i, piece), i, piece);
            });
            unrolled<rows>([&](auto k) HWY_ATTR { put(y[k].data + i, v[k]); });
        });
    };
    if (outputs.past_cache()) return for_stretches<1>(f.tile, f.parameter_per_element, some);
    for_stretches<kRowsAtOnce>(f.tile, f.parameter_per_element, some);
}

template <class T>
void forward_of_rows(const ForwardTile<T> &f) {
    using Acc = Compute<T>;
    Outputs<T> outputs(f.y, f.past_cache);
    const auto run = [&](int64_t o, int64_t c, auto, Stretch s) HWY_ATTR {
        const Output<T> y = outputs.at(o, c, s.first);
        if (f.parameter_per_element) {
            const ForwardSpan<Acc, Splat<Acc>, Each<Acc>> span(f.forward, f.parameters, c, s.first);
            forward_of_run(f, span, o, c, s, y);
        } else {
            const ForwardSpan<Acc, Splat<Acc>, Splat<Acc>> span(f.forward, f.parameters, c, c);
            forward_of_run(f, span, o, c, s, y);
        }
    };
    if (is_plain(f) && f.parameter_per_element) {
        plain_forward_of_rows(f, outputs);
    } else {
        for_stretches<1>(f.tile, f.parameter_per_element, run);
    }
    outputs.finish();
}

template <class T, class Span>
HWY_INLINE bool plain_forward_of_columns(const ForwardTile<T> &f, const Span &span) {
    using Acc = Compute<T>;
    const Runs<const T> x = f.x;
    const Runs<T> y = f.y;
    const int64_t length = f.tile.length;
    return for_output_columns(
        f.tile, y, f.past_cache, f.near,
        [&](int64_t c, auto piece, auto put, int64_t first, auto count) HWY_ATTR {
            const ForwardSpan<Acc, Splat<Acc>, Splat<Acc>> coefficients(span, c, piece);
            for (int64_t i = 0; i < count; ++i) {
                const int64_t r = first + i;
                prefetch_runs(x, length, first + count, c, i);
                put(y.at(r, 0) + c,
                    coefficients.preactivation(load(x.at(r, 0) + c, piece), c, piece));
            }
        });
}

template <class T>
void forward_of_columns(const ForwardTile<T> &f) {
    using Acc = Compute<T>;
    const ForwardSpan<Acc, Each<Acc>, Each<Acc>> span(f.forward, f.parameters, 0, 0);
    if (is_plain(f) && plain_forward_of_columns(f, span)) return;
    Outputs<T> outputs(f.y, f.past_cache);
    for (int64_t r = 0; r < f.tile.outer; ++r) {
        forward_of_run(f, span, r, 0, {0, f.tile.length}, outputs.at(r, 0));
    }
    outputs.finish();
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
