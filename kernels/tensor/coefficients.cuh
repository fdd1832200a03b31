// SPDX-License-Identifier: Apache-2.0
// The coefficients of a statistic, in registers and in memory. In memory (the records of
// jsnormForwardFinalize and jsnormBackwardFinalize) one array follows the other, with one entry for
// each cell.
#pragma once

#include <limits>

#include "kernels/device/device.cuh"
#include "kernels/math/elementwise.cuh"
#include "kernels/math/moments.cuh"
#include "kernels/tensor/axes.cuh"

namespace jsnorm::gpu {

// head + tail is a mean to twice the precision of Acc.
template <class Acc>
struct MeanPair {
    Acc head;
    Acc tail;
};

template <class Acc>
JSNORM_DEVICE MeanPair<Acc> split_mean(double mean) {
    const Acc head = static_cast<Acc>(mean);
    return {head, static_cast<Acc>(mean - static_cast<double>(head))};
}

// Keeps rstd finite, so that 0 * infinity cannot arise: where rstd leaves the range of Acc, the
// variance is below every square that Acc can hold.
template <class Acc>
JSNORM_DEVICE Acc narrow_rstd(double rstd) {
    constexpr auto kLargest = static_cast<double>(std::numeric_limits<Acc>::max());
    return static_cast<Acc>(rstd > kLargest ? kLargest : rstd);
}

// mean: the shrunk mean.
template <class Acc>
struct Forward {
    MeanPair<Acc> mean;
    Acc rstd;
};

// centre: the mean that dx is centred about. rstd: as in Forward.
template <class Acc>
struct Backward {
    MeanPair<Acc> centre;
    Acc rstd;
    Acc b;
    Acc t;
};

// The arrays in memory, in order.
struct ForwardArray {
    enum : int { kHead, kTail, kRstd };
};
struct BackwardArray {
    enum : int { kCentreHead, kCentreTail, kRstd, kB, kT };
};

// count: cells.
template <class Acc>
struct ForwardArrays {
    global<Acc> base = nullptr;
    int64_t count = 0;
};

template <class Acc>
struct BackwardArrays {
    global<Acc> base = nullptr;
    int64_t count = 0;
};

template <class Acc>
JSNORM_DEVICE Forward<Acc> load_forward(const ForwardArrays<Acc> &arrays, int64_t cell) {
    using Array = ForwardArray;
    const global<const Acc> p = arrays.base + cell;
    return {{load(p + Array::kHead * arrays.count), load(p + Array::kTail * arrays.count)},
            load(p + Array::kRstd * arrays.count)};
}

template <class Acc>
JSNORM_DEVICE void store_forward(const ForwardArrays<Acc> &arrays, int64_t cell,
                                 const Forward<Acc> &value) {
    using Array = ForwardArray;
    const global<Acc> p = arrays.base + cell;
    store(p + Array::kHead * arrays.count, value.mean.head);
    store(p + Array::kTail * arrays.count, value.mean.tail);
    store(p + Array::kRstd * arrays.count, value.rstd);
}

template <class Acc>
JSNORM_DEVICE MeanPair<Acc> load_centre(const BackwardArrays<Acc> &arrays, int64_t cell) {
    using Array = BackwardArray;
    const global<const Acc> p = arrays.base + cell;
    return {load(p + Array::kCentreHead * arrays.count),
            load(p + Array::kCentreTail * arrays.count)};
}

// The means that sums of gradients are centred about: one of each statistic.
struct Centres {
    global<const double> mean = nullptr;
    Divisor cells_per_statistic;
};

template <class Acc>
JSNORM_DEVICE MeanPair<Acc> centre_of(const Centres &centres, int64_t cell) {
    return split_mean<Acc>(load(centres.mean + divide(cell, centres.cells_per_statistic)));
}

// Sums of g and of g*(x - head) -> those of g and of g*(x - centre).
template <class Acc>
JSNORM_DEVICE GradientSums about_centre(const SumPair &sums, const MeanPair<Acc> &centre) {
    return {sums.first, sums.second - static_cast<double>(centre.tail) * sums.first};
}

// With fixed statistics (`through_statistics` false) memory holds rstd alone.
template <class Acc>
JSNORM_DEVICE Backward<Acc> load_backward(const BackwardArrays<Acc> &arrays, int64_t cell,
                                          bool through_statistics) {
    using Array = BackwardArray;
    const global<const Acc> p = arrays.base + cell;
    Backward<Acc> value = {{Acc(0), Acc(0)}, load(p + Array::kRstd * arrays.count), Acc(0), Acc(0)};
    if (through_statistics) {
        value.centre = load_centre(arrays, cell);
        value.b = load(p + Array::kB * arrays.count);
        value.t = load(p + Array::kT * arrays.count);
    }
    return value;
}

template <class Acc>
JSNORM_DEVICE void store_centre(const BackwardArrays<Acc> &arrays, int64_t cell,
                                const MeanPair<Acc> &centre) {
    using Array = BackwardArray;
    store(arrays.base + (Array::kCentreHead * arrays.count + cell), centre.head);
    store(arrays.base + (Array::kCentreTail * arrays.count + cell), centre.tail);
}

template <class Acc>
JSNORM_DEVICE void store_rstd(const BackwardArrays<Acc> &arrays, int64_t cell, Acc rstd) {
    store(arrays.base + (BackwardArray::kRstd * arrays.count + cell), rstd);
}

template <class Acc>
JSNORM_DEVICE void store_terms(const BackwardArrays<Acc> &arrays, int64_t cell, Acc b, Acc t) {
    using Array = BackwardArray;
    store(arrays.base + (Array::kB * arrays.count + cell), b);
    store(arrays.base + (Array::kT * arrays.count + cell), t);
}

template <class Acc>
JSNORM_DEVICE Acc preactivation_of(Acc x, const Forward<Acc> &coefficients, Acc gamma, Acc beta,
                                   bool per_element = false) {
    const MeanPair<Acc> &mean = coefficients.mean;
    return per_element
               ? preactivation_by_element(x, mean.head, mean.tail, coefficients.rstd, gamma, beta)
               : preactivation(x, mean.head, mean.tail, coefficients.rstd, gamma, beta);
}

// dx in one step: fma(dy, scale, fma(x - head, slope, shift)), the form of docs/math.md, section 3,
// multiplied out.
template <class Acc>
struct GradientStep {
    Acc scale;
    Acc slope;
    Acc shift;
};

template <class Acc>
JSNORM_DEVICE GradientStep<Acc> gradient_step(const Backward<Acc> &backward, Acc gamma) {
    const Acc slope = backward.rstd * backward.t * backward.rstd;
    return {gamma * backward.rstd, slope,
            std::fma(-backward.centre.tail, slope, backward.rstd * backward.b)};
}

// Whether dx may be computed in one step: its factors are exact enough, and b does not stand alone,
// as it does for a statistic of one element, where gamma*dy and b cancel exactly.
template <class Acc>
JSNORM_DEVICE bool is_exact(const GradientStep<Acc> &step, const Backward<Acc> &backward,
                            Acc gamma) {
    return is_exact_product(step.scale, gamma, backward.rstd) &&
           is_exact_product(step.slope, backward.t, backward.rstd) && is_exact_term(step.shift) &&
           (backward.t != Acc(0) || backward.b == Acc(0));
}

// dx of one element from dy behind the activation: in one step where that is exact, in every
// family, so that no bit depends on how tensors lie in memory. With fixed statistics x has no
// influence.
template <class Acc>
JSNORM_DEVICE Acc input_gradient_of(Acc dy, Acc x, const Backward<Acc> &coefficients, Acc gamma,
                                    bool through_statistics) {
    const GradientStep<Acc> step = gradient_step(coefficients, gamma);
    if (!through_statistics) return step.scale * dy;
    if (is_exact(step, coefficients, gamma)) {
        return std::fma(dy, step.scale,
                        std::fma(x - coefficients.centre.head, step.slope, step.shift));
    }
    const Acc centred =
        standardize(x, coefficients.centre.head, coefficients.centre.tail, coefficients.rstd);
    return input_gradient(dy, gamma, coefficients.rstd, coefficients.b, coefficients.t, centred);
}

// The same where gamma belongs to elements: the terms that gamma has no part in, for a row.
template <class Acc>
struct RowGradientStep {
    Acc slope;
    Acc shift;
    bool exact;
};

template <class Acc>
JSNORM_DEVICE RowGradientStep<Acc> row_gradient_step(const Backward<Acc> &backward) {
    constexpr Acc kOne = 1;
    const GradientStep<Acc> step = gradient_step(backward, kOne);
    const bool exact = is_exact_product(step.slope, backward.t, backward.rstd) &&
                       is_exact_term(step.shift) && (backward.t != Acc(0) || backward.b == Acc(0));
    return {step.slope, step.shift, exact};
}

// g: gamma*dy.
template <class Acc>
JSNORM_DEVICE Acc input_gradient_by_element(Acc g, Acc x, const Backward<Acc> &coefficients,
                                            const RowGradientStep<Acc> &step) {
    const MeanPair<Acc> &centre = coefficients.centre;
    if (step.exact) {
        return std::fma(g, coefficients.rstd, std::fma(x - centre.head, step.slope, step.shift));
    }
    constexpr Acc kOne = 1;
    return input_gradient(g, kOne, coefficients.rstd, coefficients.b, coefficients.t,
                          standardize(x, centre.head, centre.tail, coefficients.rstd));
}

}  // namespace jsnorm::gpu
