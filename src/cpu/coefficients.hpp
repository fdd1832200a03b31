// SPDX-License-Identifier: Apache-2.0
// Arrays of coefficients in the type of arithmetic, as kernels read them, and how a kernel sees
// them: one value for all of a span, or one for each element of it.
#pragma once

#include <cstdint>
#include <limits>

namespace jsnorm::cpu {

// {P, E, rstd} of the header, one entry per cell.
template <class Acc>
struct ForwardCoefficients {
    Acc *mean_head;
    Acc *mean_tail;
    Acc *rstd;

    ForwardCoefficients(Acc *arrays, int64_t count)
        : mean_head(arrays), mean_tail(arrays + count), rstd(arrays + 2 * count) {}
};

// {p, e, rstd, b, t} of the header, one entry per cell.
template <class Acc>
struct BackwardCoefficients {
    Acc *mean_head;
    Acc *mean_tail;
    Acc *rstd;
    Acc *b;
    Acc *t;

    BackwardCoefficients(Acc *arrays, int64_t count)
        : mean_head(arrays),
          mean_tail(arrays + count),
          rstd(arrays + 2 * count),
          b(arrays + 3 * count),
          t(arrays + 4 * count) {}
};

// head + tail is the mean to twice the precision of Acc.
template <class Acc>
void split_mean(double mean, Acc &head, Acc &tail) {
    head = static_cast<Acc>(mean);
    tail = static_cast<Acc>(mean - static_cast<double>(head));
}

// A finite factor: where its square root leaves the range of Acc, the variance is below every
// square that Acc can hold, and 0 * infinity must not come of it.
template <class Acc>
Acc narrow_rstd(double rstd) {
    constexpr auto kLargest = static_cast<double>(std::numeric_limits<Acc>::max());
    return static_cast<Acc>(rstd > kLargest ? kLargest : rstd);
}

// gamma and beta, P entries each; 1 and 0 where the caller gave none.
template <class Acc>
struct ParameterValues {
    const Acc *gamma = nullptr;
    const Acc *beta = nullptr;
};

// The same value for every element of a span.
template <class Acc>
struct Splat {
    Acc value;
    Acc operator[](int64_t) const { return value; }
};

// The coefficients of a span: `Coefficient` and `Parameter` are Splat<Acc> or const Acc *.
template <class Coefficient, class Parameter>
struct SpanCoefficients {
    Coefficient mean_head;
    Coefficient mean_tail;
    Coefficient rstd;
    Parameter gamma;
    Parameter beta;
};

// A span of elements of one cell, with one parameter.
template <class Acc>
SpanCoefficients<Splat<Acc>, Splat<Acc>> span_of_cell(const ForwardCoefficients<Acc> &forward,
                                                      int64_t cell,
                                                      const ParameterValues<Acc> &parameters,
                                                      int64_t parameter) {
    return {{forward.mean_head[cell]},
            {forward.mean_tail[cell]},
            {forward.rstd[cell]},
            {parameters.gamma[parameter]},
            {parameters.beta[parameter]}};
}

// A span of elements of one cell, with a parameter for each element from `first` on.
template <class Acc>
SpanCoefficients<Splat<Acc>, const Acc *> span_of_row(const ForwardCoefficients<Acc> &forward,
                                                      int64_t cell,
                                                      const ParameterValues<Acc> &parameters,
                                                      int64_t first) {
    return {{forward.mean_head[cell]},
            {forward.mean_tail[cell]},
            {forward.rstd[cell]},
            parameters.gamma + first,
            parameters.beta + first};
}

// A span of neighbouring cells from `cell` on, whose parameters begin at `parameter`.
template <class Acc>
SpanCoefficients<const Acc *, const Acc *> span_of_cells(const ForwardCoefficients<Acc> &forward,
                                                         int64_t cell,
                                                         const ParameterValues<Acc> &parameters,
                                                         int64_t parameter) {
    return {forward.mean_head + cell, forward.mean_tail + cell, forward.rstd + cell,
            parameters.gamma + parameter, parameters.beta + parameter};
}

}  // namespace jsnorm::cpu
