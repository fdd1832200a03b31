// SPDX-License-Identifier: Apache-2.0
// The coefficients of a run as vectors (one value for all its elements, or one per element), and
// the arithmetic on a vector of elements: kernels/math/elementwise.cuh in vectors.
#if defined(JSNORM_CPU_SIMD_SPANS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_SPANS_INL
#undef JSNORM_CPU_SIMD_SPANS_INL
#else
#define JSNORM_CPU_SIMD_SPANS_INL
#endif

#include <type_traits>

#include "src/cpu/kernels.hpp"
#include "src/cpu/simd/mask_bits-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// The same value for every element.
template <class Acc>
struct Splat {
    Vector<Acc> value;

    HWY_INLINE explicit Splat(const Acc *p) : value(hn::Set(Tag<Acc>(), *p)) {}
    // Values that are in a vector already, one per column.
    HWY_INLINE explicit Splat(Vector<Acc> lanes) : value(lanes) {}

    template <class Piece>
    HWY_INLINE Vector<Acc> at(int64_t, Piece) const {
        return value;
    }
};

// A value for each element.
template <class Acc>
struct Each {
    const Acc *values;

    HWY_INLINE explicit Each(const Acc *p) : values(p) {}

    template <class Piece>
    HWY_INLINE Vector<Acc> at(int64_t i, Piece piece) const {
        return load(values + i, piece);
    }
};

// `Coefficient` and `Parameter` are Splat<Acc> or Each<Acc>.
template <class Acc, class Coefficient, class Parameter>
struct ForwardSpan {
    Coefficient mean_head, mean_tail, rstd;
    Parameter gamma, beta;

    HWY_INLINE ForwardSpan(const ForwardCoefficients<Acc> &coefficients,
                           const ParameterValues<Acc> &parameters, int64_t cell, int64_t parameter)
        : mean_head(coefficients.mean_head + cell),
          mean_tail(coefficients.mean_tail + cell),
          rstd(coefficients.rstd + cell),
          gamma(parameters.gamma + parameter),
          beta(parameters.beta + parameter) {}
    // Another span's values at element i.
    template <class Span, class Piece>
    HWY_INLINE ForwardSpan(const Span &span, int64_t i, Piece piece)
        : mean_head(span.mean_head.at(i, piece)),
          mean_tail(span.mean_tail.at(i, piece)),
          rstd(span.rstd.at(i, piece)),
          gamma(span.gamma.at(i, piece)),
          beta(span.beta.at(i, piece)) {}

    template <class Piece>
    HWY_INLINE Vector<Acc> standardized(Vector<Acc> x, int64_t i, Piece piece) const {
        const Vector<Acc> near = hn::Sub(x, mean_head.at(i, piece));
        return hn::Mul(hn::Sub(near, mean_tail.at(i, piece)), rstd.at(i, piece));
    }
    template <class Piece>
    HWY_INLINE Vector<Acc> preactivation(Vector<Acc> x, int64_t i, Piece piece) const {
        const Vector<Acc> scaled = hn::Mul(gamma.at(i, piece), standardized(x, i, piece));
        return hn::Add(scaled, beta.at(i, piece));
    }
};

template <class Acc, class Coefficient, class Parameter>
struct BackwardSpan {
    Coefficient mean_head, mean_tail, rstd, b, t;
    Parameter gamma;

    HWY_INLINE BackwardSpan(const BackwardCoefficients<Acc> &coefficients,
                            const ParameterValues<Acc> &parameters, int64_t cell, int64_t parameter)
        : mean_head(coefficients.mean_head + cell),
          mean_tail(coefficients.mean_tail + cell),
          rstd(coefficients.rstd + cell),
          b(coefficients.b + cell),
          t(coefficients.t + cell),
          gamma(parameters.gamma + parameter) {}
    template <class Span, class Piece>
    HWY_INLINE BackwardSpan(const Span &span, int64_t i, Piece piece)
        : mean_head(span.mean_head.at(i, piece)),
          mean_tail(span.mean_tail.at(i, piece)),
          rstd(span.rstd.at(i, piece)),
          b(span.b.at(i, piece)),
          t(span.t.at(i, piece)),
          gamma(span.gamma.at(i, piece)) {}

    template <class Piece>
    HWY_INLINE Vector<Acc> centred(Vector<Acc> x, int64_t i, Piece piece) const {
        return hn::Sub(hn::Sub(x, mean_head.at(i, piece)), mean_tail.at(i, piece));
    }
    template <class Piece>
    HWY_INLINE Vector<Acc> input_gradient(Vector<Acc> x, Vector<Acc> dy, int64_t i,
                                          Piece piece) const {
        const Vector<Acc> r = rstd.at(i, piece);
        const Vector<Acc> direct = hn::Add(hn::Mul(gamma.at(i, piece), dy), b.at(i, piece));
        const Vector<Acc> through = hn::Mul(t.at(i, piece), hn::Mul(centred(x, i, piece), r));
        return hn::Mul(r, hn::Add(direct, through));
    }
    template <class Piece>
    HWY_INLINE Vector<Acc> fixed_gradient(Vector<Acc> dy, int64_t i, Piece piece) const {
        return hn::Mul(hn::Mul(gamma.at(i, piece), rstd.at(i, piece)), dy);
    }
};

// max(v, 0) that lets NaN through.
template <class Acc>
HWY_INLINE Vector<Acc> relu_of(Vector<Acc> v) {
    return hn::IfThenZeroElse(hn::Le(v, hn::Zero(Tag<Acc>())), v);
}

// The gate of a run.
struct RunGate {
    Gate gate;
    const uint32_t *mask;
    int64_t first;  // the mask bit of the run's first element

    template <class T>
    HWY_INLINE RunGate(const GradientInput<T> &tile, int64_t o, int64_t c, int64_t element = 0)
        : gate(tile.gate), mask(tile.mask.words), first(tile.mask.at(o, c) + element) {}

    // dy where the preactivation was positive, else 0.
    template <class Span, class Vec, class Piece>
    HWY_INLINE Vec apply(const Span &span, Vec x, Vec dy, int64_t i, Piece piece) const {
        using Acc = hn::TFromV<Vec>;
        if (gate == Gate::kNone) return dy;
        if (gate == Gate::kRecompute) {
            const Vec value = span.preactivation(x, i, piece);
            return hn::IfThenElseZero(hn::Gt(value, hn::Zero(Tag<Acc>())), dy);
        }
        const uint64_t bits = bits_at(mask, first + i, lanes_of<Acc>(piece));
        return hn::IfThenElseZero(mask_of_lanes<Acc>(bits), dy);
    }
};

// Replaces RunGate where there is no activation.
struct NoGate {
    template <class T>
    HWY_INLINE NoGate(const GradientInput<T> &, int64_t, int64_t, int64_t = 0) {}
    template <class Span, class Vec, class Piece>
    HWY_INLINE Vec apply(const Span &, Vec, Vec dy, int64_t, Piece) const {
        return dy;
    }
};

// body(std::type_identity<Gating>()): Gating is RunGate, or NoGate without an activation.
template <class Body>
HWY_INLINE void with_gate(Gate gate, const Body &body) {
    if (gate == Gate::kNone) return body(std::type_identity<NoGate>());
    body(std::type_identity<RunGate>());
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
