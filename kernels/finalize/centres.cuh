// SPDX-License-Identifier: Apache-2.0
// The centres of the reduce phase: the saved mean as a pair.
#pragma once

#include "kernels/finalize/entries.cuh"
#include "kernels/tensor/coefficients.cuh"

namespace jsnorm::gpu {

// The centres of the reduce phase: the pair of the saved mean.
template <class Acc>
struct FinalizeCentres {
    int64_t statistics = 0;
    global<const double> mean;
    BackwardArrays<Acc> backward;
};

template <class Acc>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_centres(FinalizeCentres<Acc> args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_entries(args.statistics, [&](int64_t k) {
        store_centre(args.backward, k, split_mean<Acc>(load(args.mean + k)), Acc(0));
    });
}

}  // namespace jsnorm::gpu
