// SPDX-License-Identifier: Apache-2.0
// The arithmetic of one element, forward and backward. The mean comes as a pair, P = fl(mean) and
// E = fl(mean - P): the difference (x - P) - E is exact where x is near the mean; scale*x + shift
// is not (docs/math.md, section 2).
#pragma once

#include "kernels/math/portable.cuh"

namespace jsnorm {

// How dy becomes the gradient behind the activation: unchanged; by the mask that forward wrote; by
// the sign of the recomputed preactivation.
enum class Gate : int32_t { kNone, kMask, kRecompute };

template <class Acc>
JSNORM_HD inline Acc standardize(Acc x, Acc mean_head, Acc mean_tail, Acc rstd) {
    return ((x - mean_head) - mean_tail) * rstd;
}

// Forward and the recomputation of ReLU's sign in backward both use this, so that they round alike.
template <class Acc>
JSNORM_HD inline Acc preactivation(Acc xhat, Acc gamma, Acc beta) {
    return gamma * xhat + beta;
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
