// SPDX-License-Identifier: Apache-2.0
// The caller's gamma and beta of elements -> arrays as lanes of rows read them: in the type of
// arithmetic, in lane order, with 1 for a missing gamma and 0 for a missing beta.
#pragma once

#include "kernels/finalize/steps.cuh"
#include "kernels/tensor/lane_order.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class T>
struct WidenParameters {
    GivenArray<T> gamma;
    GivenArray<T> beta;
    int64_t count = 0;   // P
    int64_t padded = 0;  // entries to write
    global<Compute<T>> wide_gamma = nullptr;
    global<Compute<T>> wide_beta = nullptr;
};

template <class T>
JSNORM_DEVICE void widen_parameters(const WidenParameters<T> &args) {
    using Acc = Compute<T>;
    constexpr Acc kNoGamma = 1;
    constexpr Acc kNoBeta = 0;
    for_entries(args.padded, [&](int64_t p) {
        const bool inside = p < args.count;
        const int64_t target = lane_order<T>(p);
        store(args.wide_gamma + target, inside ? given_at(args.gamma, p, kNoGamma) : kNoGamma);
        store(args.wide_beta + target, inside ? given_at(args.beta, p, kNoBeta) : kNoBeta);
    });
}

}  // namespace jsnorm::gpu
