// SPDX-License-Identifier: Apache-2.0
// The arithmetic of one element, forward and backward. The mean comes as a pair, P = fl(mean) and
// E = fl(mean - P): the difference (x - P) - E is exact where x is near the mean; scale*x + shift
// is not (docs/math.md, section 2).
#pragma once

#include <limits>

#include "kernels/math/portable.cuh"

namespace jsnorm {

// How dy becomes the gradient behind the activation: unchanged; by the mask that forward wrote; by
// the sign of the recomputed preactivation.
enum class Gate : int32_t { kNone, kMask, kRecompute };

template <class Acc>
JSNORM_HD inline Acc standardize(Acc x, Acc mean_head, Acc mean_tail, Acc rstd) {
    return ((x - mean_head) - mean_tail) * rstd;
}

// The preactivation gamma*xhat + beta as one step: fma(x - head, scale, shift).
template <class Acc>
struct Affine {
    Acc scale;
    Acc shift;
};

template <class Acc>
JSNORM_HD inline Affine<Acc> affine_of(Acc mean_tail, Acc rstd, Acc gamma, Acc beta) {
    const Acc scale = rstd * gamma;
    return {scale, std::fma(-mean_tail, scale, beta)};
}

template <class Acc>
JSNORM_HD inline bool is_normal(Acc value) {
    const Acc size = std::fabs(value);
    return size >= std::numeric_limits<Acc>::min() && size <= std::numeric_limits<Acc>::max();
}

// Whether a*b, or a*b*b, is of full precision: a zero has not underflowed.
template <class Acc>
JSNORM_HD inline bool is_exact_product(Acc product, Acc a, Acc b) {
    return is_normal(product) || a == Acc(0) || b == Acc(0);
}

// Of a term that is added: what underflows to 0 is below every bit of the sum.
template <class Acc>
JSNORM_HD inline bool is_exact_term(Acc value) {
    return is_normal(value) || value == Acc(0);
}

template <class Acc>
JSNORM_HD inline bool is_exact(const Affine<Acc> &affine, Acc rstd, Acc gamma) {
    return is_exact_product(affine.scale, rstd, gamma) && is_exact_term(affine.shift);
}

// One step where its factors are exact enough, else by way of xhat; gamma and beta belong to the
// cell. Forward and the recomputation of ReLU's sign in backward both use this, in every family, so
// that they round alike.
template <class Acc>
JSNORM_HD inline Acc preactivation(Acc x, Acc mean_head, Acc mean_tail, Acc rstd, Acc gamma,
                                   Acc beta) {
    const Affine<Acc> affine = affine_of(mean_tail, rstd, gamma, beta);
    if (is_exact(affine, rstd, gamma)) {
        return std::fma(x - mean_head, affine.scale, affine.shift);
    }
    return gamma * standardize(x, mean_head, mean_tail, rstd) + beta;
}

// standardize in one step, unless the tail leaves the range. What does not depend on x is the same
// for a row.
template <class Acc>
JSNORM_HD inline Acc standardize_in_one_step(Acc x, Acc mean_head, Acc mean_tail, Acc rstd) {
    const Acc shift = -mean_tail * rstd;
    const bool in_range = std::fabs(shift) <= std::numeric_limits<Acc>::max();
    return in_range ? std::fma(x - mean_head, rstd, shift)
                    : standardize(x, mean_head, mean_tail, rstd);
}

// The preactivation where gamma and beta belong to elements.
template <class Acc>
JSNORM_HD inline Acc preactivation_by_element(Acc x, Acc mean_head, Acc mean_tail, Acc rstd,
                                              Acc gamma, Acc beta) {
    return std::fma(gamma, standardize_in_one_step(x, mean_head, mean_tail, rstd), beta);
}

// max(value, 0) that lets NaN through.
template <class Acc>
JSNORM_HD inline Acc relu(Acc value) {
    return !(value <= Acc(0)) ? value : Acc(0);
}

// docs/math.md, section 3; centred is standardize(x, p, e, rstd) with the pair of the raw mean.
template <class Acc>
JSNORM_HD inline Acc input_gradient(Acc dy, Acc gamma, Acc rstd, Acc b, Acc t, Acc centred) {
    return rstd * ((gamma * dy + b) + t * centred);
}

}  // namespace jsnorm
