// SPDX-License-Identifier: Apache-2.0
// Partial sums of dgamma and dbeta, which kernels of rows write where parameters belong to elements
// -> dgamma and dbeta.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class T>
struct ParameterPartials {
    global<const Compute<T>> partials = nullptr;  // [part][dgamma, dbeta][P]
    int64_t parts = 0;
    int64_t parameters = 0;  // 0: none are wanted
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

inline constexpr int kPartialSlots = 2 * kFinalizeThreads;  // dgamma and dbeta of every thread

// A block takes kParametersPerBlock parameters at a time. kThreads threads share a parameter; each
// takes every kThreads-th part. Takes part: every thread of the block. sums: kPartialSlots.
template <class T>
JSNORM_DEVICE void add_parameter_partials(const ParameterPartials<T> &args, shared<double> sums) {
    enum : int { kDgamma, kDbeta, kGradients };
    constexpr int kParameters = kParametersPerBlock;
    constexpr int kThreads = kFinalizeThreads / kParameters;
    static_assert(kGradients * kThreads * kParameters == kPartialSlots);
    const auto slot = [](int gradient, int thread, int column) {
        return (gradient * kThreads + thread) * kParameters + column;
    };
    const int column = static_cast<int>(threadIdx.x) % kParameters;
    const int thread = static_cast<int>(threadIdx.x) / kParameters;
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
