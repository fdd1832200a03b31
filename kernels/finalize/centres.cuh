// SPDX-License-Identifier: Apache-2.0
// The saved mean -> the centre about which jsnormBackwardReduce sums: the mean as a pair.
#pragma once

#include "kernels/finalize/entries.cuh"
#include "kernels/tensor/coefficients.cuh"

namespace jsnorm::gpu {

template <class Acc>
struct FinalizeCentres {
    int64_t statistics = 0;
    global<const double> mean;
    BackwardArrays<Acc> backward;
};

template <class Acc>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_centres(FinalizeCentres<Acc> args) {
    constexpr Acc kNoRstd = 0;  // sums need none
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_entries(args.statistics, [&](int64_t k) {
        store_centre(args.backward, k, split_mean<Acc>(load(args.mean + k)), kNoRstd);
    });
}

}  // namespace jsnorm::gpu
