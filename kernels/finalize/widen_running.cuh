// SPDX-License-Identifier: Apache-2.0
// Running statistics of any type -> doubles.
#pragma once

#include "kernels/finalize/entries.cuh"
#include "kernels/finalize/running.cuh"

namespace jsnorm::gpu {

struct FinalizeWidenRunning {
    RunningArray mean;
    RunningArray variance;
    int64_t statistics;
    global<double> wide_mean;
    global<double> wide_variance;
};

template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_widen_running(FinalizeWidenRunning args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_entries(args.statistics, [&](int64_t k) {
        store(args.wide_mean + k, load_running(args.mean, k));
        store(args.wide_variance + k, load_running(args.variance, k));
    });
}

}  // namespace jsnorm::gpu
