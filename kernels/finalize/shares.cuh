// SPDX-License-Identifier: Apache-2.0
// Threads of a block that share a statistic: each takes a share of its parts.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"

namespace jsnorm::gpu {

// Which statistic of the block a thread works on, and which share. Neighbouring threads have
// neighbouring statistics.
struct ShareThread {
    int statistics;  // of the block
    int statistic;
    int share;

    // threads: that share a statistic.
    JSNORM_DEVICE explicit ShareThread(int threads) {
        statistics = kFinalizeThreads / threads;
        statistic = static_cast<int>(threadIdx.x) % statistics;
        share = static_cast<int>(threadIdx.x) / statistics;
    }
};

// The sum over the threads that share a statistic, in order, known to all of them. Takes part:
// every thread of the block.
JSNORM_DEVICE double sum_of_shares(double value, const ShareThread &thread, int threads,
                                   shared<double> scratch) {
    if (threads == 1) return value;
    __syncthreads();
    scratch[static_cast<int>(threadIdx.x)] = value;
    __syncthreads();
    double total = 0;
    for (int share = 0; share < threads; ++share) {
        total += scratch[share * thread.statistics + thread.statistic];
    }
    return total;
}

}  // namespace jsnorm::gpu
