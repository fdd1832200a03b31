// SPDX-License-Identifier: Apache-2.0
// What a lane adds up over x and dy of a row or plane: the sums of g and g*(x - head), head that of
// the centre, and the terms of dgamma and dbeta of elements. Every kernel of rows and planes adds
// alike, so that no bit depends on which of them serves a call.
#pragma once

#include "kernels/math/moments.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/pack.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {

// The sums over a tile. Two elements of each vector share a chain, which then has at most
// 2*kTileVectors terms.
template <class T>
struct GradientChains {
    using Acc = Compute<T>;
    static constexpr int kChains = kWidth<T> / 2;
    Acc g[kChains] = {};
    Acc products[kChains] = {};

    // e: the element's place in its vector.
    JSNORM_DEVICE void add(int e, Acc value, Acc x, Acc head) {
        const int chain = e % kChains;
        g[chain] += value;
        products[chain] = std::fma(value, x - head, products[chain]);
    }

    // Of this lane.
    JSNORM_DEVICE SumPair sum() const { return {sum_of_chains(g), sum_of_chains(products)}; }
};

// Adds the terms of one element.
template <class Acc>
JSNORM_DEVICE void add_parameter_gradient(Acc &dgamma, Acc &dbeta, Acc dy, Acc x,
                                          const Forward<Acc> &forward) {
    const Acc xhat = standardize_in_one_step(x, forward.mean.head, forward.mean.tail, forward.rstd);
    dgamma = std::fma(dy, xhat, dgamma);
    dbeta += dy;
}

}  // namespace jsnorm::gpu
