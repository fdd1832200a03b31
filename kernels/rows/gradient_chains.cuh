// SPDX-License-Identifier: Apache-2.0
// What a lane adds up over x and dy of a row: the sums of g = gamma*dy and g*(x - centre), and the
// terms of dgamma and dbeta. Every kernel of rows adds alike, so that no bit depends on which of
// them serves a call.
#pragma once

#include "kernels/math/moments.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/pack.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {

// Two elements of each vector share a chain, which then has at most 2*kTileVectors terms.
template <class T>
struct GradientChains {
    enum : int { kG, kGCentred, kSums };
    using Acc = Compute<T>;
    static constexpr int kChains = kWidth<T> / 2;
    Acc chains[kSums][kChains] = {};

    // e: the element's place in its vector.
    JSNORM_DEVICE void add(int e, Acc g, Acc x, const MeanPair<Acc> &centre) {
        Acc &sum = chains[kG][e % kChains];
        Acc &products = chains[kGCentred][e % kChains];
        sum += g;
        products = std::fma(g, (x - centre.head) - centre.tail, products);
    }

    // Over the lanes of the row, known to all of them. Takes part: every thread of the block.
    template <int kLanes>
    JSNORM_DEVICE GradientSums sum(shared<double> scratch) const {
        double sums[kSums];
        sum_chains<kLanes>(chains, scratch, sums);
        return {sums[kG], sums[kGCentred]};
    }
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
