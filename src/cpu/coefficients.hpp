// SPDX-License-Identifier: Apache-2.0
// Arrays of coefficients in the type of arithmetic, as kernels read them.
#pragma once

#include <cstdint>
#include <limits>

namespace jsnorm::cpu {

// The arrays P, E, rstd of forward (jsnorm.h), one entry per cell.
template <class Acc>
struct ForwardCoefficients {
    Acc *mean_head;
    Acc *mean_tail;
    Acc *rstd;

    ForwardCoefficients(Acc *arrays, int64_t count)
        : mean_head(arrays), mean_tail(arrays + count), rstd(arrays + 2 * count) {}

    ForwardCoefficients from(int64_t cell) const {
        ForwardCoefficients rest = *this;
        for (Acc **array : {&rest.mean_head, &rest.mean_tail, &rest.rstd}) *array += cell;
        return rest;
    }
};

// The arrays p, e, rstd, b, t of backward (jsnorm.h), one entry per cell.
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

    BackwardCoefficients from(int64_t cell) const {
        BackwardCoefficients rest = *this;
        for (Acc **array : {&rest.mean_head, &rest.mean_tail, &rest.rstd, &rest.b, &rest.t}) {
            *array += cell;
        }
        return rest;
    }
};

// gamma and beta, one entry per parameter; 1 and 0 if the caller gave none.
template <class Acc>
struct ParameterValues {
    const Acc *gamma = nullptr;
    const Acc *beta = nullptr;

    ParameterValues from(int64_t parameter) const { return {gamma + parameter, beta + parameter}; }
};

// head + tail is the mean to twice the precision of Acc.
template <class Acc>
void split_mean(double mean, Acc &head, Acc &tail) {
    head = static_cast<Acc>(mean);
    tail = static_cast<Acc>(mean - static_cast<double>(head));
}

// rstd in the type of arithmetic. Beyond its range, the largest finite value: infinity times a
// deviation of 0 would be NaN.
template <class Acc>
Acc narrow_rstd(double rstd) {
    constexpr auto kLargest = static_cast<double>(std::numeric_limits<Acc>::max());
    return static_cast<Acc>(rstd > kLargest ? kLargest : rstd);
}

}  // namespace jsnorm::cpu
