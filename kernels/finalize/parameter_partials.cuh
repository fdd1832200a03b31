// SPDX-License-Identifier: Apache-2.0
// dgamma and dbeta of elements: adds up the parts that kernels of rows have written, in order.
#pragma once

#include "kernels/math/limits.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class T>
struct FinalizeParameterPartials {
    global<const Compute<T>> partials;
    int64_t parts;
    int64_t parameters;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

// 32 parameters a block, 8 threads each, which take every eighth part.
template <class T>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_parameter_partials(FinalizeParameterPartials<T> args) {
    constexpr int kParameters = 32;
    constexpr int kThreads = 8;
    JSNORM_SHARED(double, sums, 2 * kThreads * kParameters);
    const int column = static_cast<int>(threadIdx.x) % kParameters;
    const int thread = static_cast<int>(threadIdx.x) / kParameters;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block * kParameters < args.parameters; block += gridDim.x) {
        const int64_t p = block * kParameters + column;
        double sum[2] = {0, 0};
        if (p < args.parameters) {
            for (int64_t part = thread; part < args.parts; part += kThreads) {
                for (int q = 0; q < 2; ++q) {
                    sum[q] += static_cast<double>(
                        load(args.partials + ((part * 2 + q) * args.parameters + p)));
                }
            }
        }
        __syncthreads();
        for (int q = 0; q < 2; ++q) sums[(q * kThreads + thread) * kParameters + column] = sum[q];
        __syncthreads();
        if (thread < 2 && p < args.parameters) {
            double total = 0;
            for (int t = 0; t < kThreads; ++t) {
                total += sums[(thread * kThreads + t) * kParameters + column];
            }
            if (thread == 0) {
                store_gradient(args.dgamma, p, total);
            } else {
                store_gradient(args.dbeta, p, total);
            }
        }
    }
}

}  // namespace jsnorm::gpu
