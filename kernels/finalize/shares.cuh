// SPDX-License-Identifier: Apache-2.0
// Threads of a block that share a statistic, each taking some of its parts.
#pragma once

#include "kernels/math/limits.cuh"
#include "kernels/device/device.cuh"

namespace jsnorm::gpu {

// Thread `share` of those that share a statistic. Neighbouring threads have neighbouring statistics.
struct ShareThread {
    int statistics;  // of the block
    int statistic;
    int share;

    JSNORM_DEVICE explicit ShareThread(int threads) {
        statistics = kFinalizeThreads / threads;
        statistic = static_cast<int>(threadIdx.x) % statistics;
        share = static_cast<int>(threadIdx.x) / statistics;
    }
};

// The sum over the threads that share a statistic, in order, known to all of them.
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
