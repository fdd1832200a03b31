// SPDX-License-Identifier: Apache-2.0
// The preactivation of a cell, known to every lane of a warp: in one step where that is exact.
#pragma once

#include "kernels/planes/planes.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class Acc>
struct PlanePreactivation {
    Forward<Acc> forward = {};
    Acc gamma = 0;
    Acc beta = 0;
    Affine<Acc> affine = {};
    bool in_one_step = true;

    // x -> the preactivation of the elements of a vector.
    template <int kCount>
    JSNORM_DEVICE void operator()(Acc (&values)[kCount]) const {
        if (in_one_step) {
            JSNORM_UNROLL
            for (int e = 0; e < kCount; ++e) values[e] = step(values[e]);
        } else {
            JSNORM_UNROLL
            for (int e = 0; e < kCount; ++e) {
                values[e] = preactivation_of(values[e], forward, gamma, beta);
            }
        }
    }
    JSNORM_DEVICE Acc step(Acc x) const {
        return std::fma(x - forward.mean.head, affine.scale, affine.shift);
    }
};

template <class T>
JSNORM_DEVICE PlanePreactivation<Compute<T>> load_preactivation(
    const Planes &planes, int64_t cell, const ForwardArrays<Compute<T>> &forward,
    const GivenParameters<T> &parameters) {
    using Acc = Compute<T>;
    const int64_t p = parameter_of(planes.parameters, cell);
    PlanePreactivation<Acc> result;
    result.forward = load_forward(forward, cell);
    result.gamma = gamma_at(parameters.gamma, p);
    result.beta = beta_at(parameters.beta, p);
    result.affine =
        affine_of(result.forward.mean.tail, result.forward.rstd, result.gamma, result.beta);
    result.in_one_step = is_exact(result.affine, result.forward.rstd, result.gamma);
    return result;
}

}  // namespace jsnorm::gpu
