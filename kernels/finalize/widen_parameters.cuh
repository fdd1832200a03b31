// SPDX-License-Identifier: Apache-2.0
// gamma and beta as kernels read them: in the type of arithmetic, in lane order where they belong to
// elements, 1 and 0 where the caller gives none.
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
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_entries(args.padded, [&](int64_t p) {
        const bool inside = p < args.count;
        const int64_t at = args.ordered != 0 ? lane_order<T>(p) : p;
        store(args.wide_gamma + at, inside ? given_at(args.gamma, p, Acc(1)) : Acc(1));
        store(args.wide_beta + at, inside ? given_at(args.beta, p, Acc(0)) : Acc(0));
    });
}

}  // namespace jsnorm::gpu
