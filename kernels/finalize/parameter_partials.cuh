// SPDX-License-Identifier: Apache-2.0
// Partial sums of dgamma and dbeta, which kernels of rows write where parameters belong to elements
// -> dgamma and dbeta.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class T>
struct FinalizeParameterPartials {
    global<const Compute<T>> partials;  // [part][dgamma, dbeta][P]
    int64_t parts;
    int64_t parameters;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

// A block takes kParametersPerBlock parameters at a time. kThreads threads share a parameter; each
// takes every kThreads-th part.
template <class T>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_parameter_partials(FinalizeParameterPartials<T> args) {
    enum : int { kDgamma, kDbeta, kGradients };
    constexpr int kParameters = kParametersPerBlock;
    constexpr int kThreads = kFinalizeThreads / kParameters;
    constexpr int kSlots = kGradients * kThreads * kParameters;
    JSNORM_SHARED(double, sums, kSlots);
    const auto slot = [](int gradient, int thread, int column) {
        return (gradient * kThreads + thread) * kParameters + column;
    };
    const int column = static_cast<int>(threadIdx.x) % kParameters;
    const int thread = static_cast<int>(threadIdx.x) / kParameters;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block * kParameters < args.parameters; block += gridDim.x) {
        const int64_t p = block * kParameters + column;

        // Each thread adds up its parts.
        double sum[kGradients] = {};
        if (p < args.parameters) {
            for (int64_t part = thread; part < args.parts; part += kThreads) {
                for (int q = 0; q < kGradients; ++q) {
                    sum[q] += static_cast<double>(
                        load(args.partials + ((part * kGradients + q) * args.parameters + p)));
                }
            }
        }
        __syncthreads();
        for (int q = 0; q < kGradients; ++q) sums[slot(q, thread, column)] = sum[q];
        __syncthreads();

        // Thread 0 of a parameter adds up and writes dgamma, thread 1 dbeta.
        const int gradient = thread;
        if (gradient < kGradients && p < args.parameters) {
            double total = 0;
            for (int t = 0; t < kThreads; ++t) total += sums[slot(gradient, t, column)];
            if (gradient == kDgamma) {
                store_gradient(args.dgamma, p, total);
            } else {
                store_gradient(args.dbeta, p, total);
            }
        }
    }
}

}  // namespace jsnorm::gpu
