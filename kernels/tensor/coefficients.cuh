// SPDX-License-Identifier: Apache-2.0
// The coefficients of a statistic, as apply kernels use them and as they lie in memory (the records
// of jsnormForwardFinalize and jsnormBackwardFinalize): one array after the other, one entry a
// cell.
#pragma once

#include <limits>

#include "kernels/device/device.cuh"
#include "kernels/math/elementwise.cuh"

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

// A finite factor: where its square root leaves the range of Acc, the variance is below every
// square that Acc can hold, and 0 * infinity must not come of it.
template <class Acc>
JSNORM_DEVICE Acc narrow_rstd(double rstd) {
    constexpr auto kLargest = static_cast<double>(std::numeric_limits<Acc>::max());
    return static_cast<Acc>(rstd > kLargest ? kLargest : rstd);
}

// Of the shrunk mean.
template <class Acc>
struct Forward {
    MeanPair<Acc> mean;
    Acc rstd;
};

// Of the mean that is the centre of dx; rstd is that of Forward.
template <class Acc>
struct Backward {
    MeanPair<Acc> centre;
    Acc rstd;
    Acc b;
    Acc t;
};

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
    const global<const Acc> p = arrays.base + cell;
    return {{load(p), load(p + arrays.count)}, load(p + 2 * arrays.count)};
}

template <class Acc>
JSNORM_DEVICE void store_forward(const ForwardArrays<Acc> &arrays, int64_t cell,
                                 const Forward<Acc> &value) {
    const global<Acc> p = arrays.base + cell;
    store(p, value.mean.head);
    store(p + arrays.count, value.mean.tail);
    store(p + 2 * arrays.count, value.rstd);
}

template <class Acc>
JSNORM_DEVICE MeanPair<Acc> load_centre(const BackwardArrays<Acc> &arrays, int64_t cell) {
    const global<const Acc> p = arrays.base + cell;
    return {load(p), load(p + arrays.count)};
}

// `through_statistics` false: b and t are 0 and not there.
template <class Acc>
JSNORM_DEVICE Backward<Acc> load_backward(const BackwardArrays<Acc> &arrays, int64_t cell,
                                          bool through_statistics) {
    const global<const Acc> p = arrays.base + cell;
    Backward<Acc> value = {{Acc(0), Acc(0)}, load(p + 2 * arrays.count), Acc(0), Acc(0)};
    if (through_statistics) {
        value.centre = load_centre(arrays, cell);
        value.b = load(p + 3 * arrays.count);
        value.t = load(p + 4 * arrays.count);
    }
    return value;
}

template <class Acc>
JSNORM_DEVICE void store_centre(const BackwardArrays<Acc> &arrays, int64_t cell,
                                const MeanPair<Acc> &centre, Acc rstd) {
    const global<Acc> p = arrays.base + cell;
    store(p, centre.head);
    store(p + arrays.count, centre.tail);
    store(p + 2 * arrays.count, rstd);
}

template <class Acc>
JSNORM_DEVICE void store_terms(const BackwardArrays<Acc> &arrays, int64_t cell, Acc b, Acc t) {
    store(arrays.base + (3 * arrays.count + cell), b);
    store(arrays.base + (4 * arrays.count + cell), t);
}

template <class Acc>
JSNORM_DEVICE Acc preactivation_of(Acc x, const Forward<Acc> &of, Acc gamma, Acc beta) {
    return preactivation(x, of.mean.head, of.mean.tail, of.rstd, gamma, beta);
}

// dx as one step: fma(dy, scale, fma(x - head, slope, shift)), the form of docs/math.md, section 3,
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

// Whether dx may be computed so: its factors are exact enough, and b is not there alone, as for a
// statistic of one element, where gamma*dy and b cancel exactly.
template <class Acc>
JSNORM_DEVICE bool is_exact(const GradientStep<Acc> &step, const Backward<Acc> &backward) {
    return is_exact_factor(step.scale) && is_exact_factor(step.slope) &&
           is_exact_factor(step.shift) && (backward.t != Acc(0) || backward.b == Acc(0));
}

// dx of one element from dy behind the activation: in one step where that is exact, in every family,
// so that no bit depends on how tensors lie in memory. Where statistics are fixed x is not looked at.
template <class Acc>
JSNORM_DEVICE Acc input_gradient_of(Acc dy, Acc x, const Backward<Acc> &of, Acc gamma,
                                    bool through_statistics) {
    const GradientStep<Acc> step = gradient_step(of, gamma);
    if (!through_statistics) return step.scale * dy;
    if (is_exact(step, of)) {
        return std::fma(dy, step.scale, std::fma(x - of.centre.head, step.slope, step.shift));
    }
    const Acc centred = standardize(x, of.centre.head, of.centre.tail, of.rstd);
    return input_gradient(dy, gamma, of.rstd, of.b, of.t, centred);
}

}  // namespace jsnorm::gpu
