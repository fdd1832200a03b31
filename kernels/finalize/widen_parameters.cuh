// SPDX-License-Identifier: Apache-2.0
// The caller's gamma and beta -> arrays that kernels can read: in the type of arithmetic, in lane
// order if parameters belong to elements, with 1 for a missing gamma and 0 for a missing beta.
#pragma once

#include "kernels/finalize/entries.cuh"
#include "kernels/tensor/lane_order.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class T>
struct FinalizeWidenParameters {
    GivenArray<T> gamma;
    GivenArray<T> beta;
    int64_t count = 0;    // P
    int64_t padded = 0;   // entries to write
    int32_t ordered = 0;  // in lane order
    global<Compute<T>> wide_gamma = nullptr;
    global<Compute<T>> wide_beta = nullptr;
};

template <class T>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_widen_parameters(FinalizeWidenParameters<T> args) {
    using Acc = Compute<T>;
    constexpr Acc kNoGamma = 1;
    constexpr Acc kNoBeta = 0;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_entries(args.padded, [&](int64_t p) {
        const bool inside = p < args.count;
        const int64_t target = args.ordered != 0 ? lane_order<T>(p) : p;
        store(args.wide_gamma + target, inside ? given_at(args.gamma, p, kNoGamma) : kNoGamma);
        store(args.wide_beta + target, inside ? given_at(args.beta, p, kNoBeta) : kNoBeta);
    });
}

}  // namespace jsnorm::gpu
