// SPDX-License-Identifier: Apache-2.0
// Running statistics of any type -> doubles.
#pragma once

#include "kernels/finalize/running.cuh"
#include "kernels/finalize/steps.cuh"

namespace jsnorm::gpu {

struct WidenRunning {
    RunningArray mean;
    RunningArray variance;
    int64_t statistics = 0;
    global<double> wide_mean = nullptr;
    global<double> wide_variance = nullptr;
};

JSNORM_DEVICE void widen_running(const WidenRunning &args) {
    for_entries(args.statistics, [&](int64_t k) {
        store(args.wide_mean + k, load_running(args.mean, k));
        store(args.wide_variance + k, load_running(args.variance, k));
    });
}

}  // namespace jsnorm::gpu
