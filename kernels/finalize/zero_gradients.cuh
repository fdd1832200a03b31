// SPDX-License-Identifier: Apache-2.0
// dgamma and dbeta of a tensor without elements.
#pragma once

#include "kernels/finalize/steps.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class T>
struct FinalizeZeroGradients {
    int64_t parameters = 0;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

template <class T>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_zero_gradients(FinalizeZeroGradients<T> args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_entries(args.parameters, [&](int64_t p) {
        store_gradient(args.dgamma, p, 0);
        store_gradient(args.dbeta, p, 0);
    });
}

}  // namespace jsnorm::gpu
