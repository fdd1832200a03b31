// SPDX-License-Identifier: Apache-2.0
// The sums of the slices of long vectors of statistics.
#pragma once

#include "kernels/finalize/sums.cuh"

namespace jsnorm::gpu {

struct FinalizeSliceSums {
    Groups groups;
    NormRules rules;
    StatisticVectors vectors;
    global<VectorSums> slices;  // [group][slice]
};

// One block a slice; groups.threads is the whole block.
template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_slice_sums(FinalizeSliceSums args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const int64_t units = args.groups.groups * args.groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        const int64_t group = unit / args.groups.slices;
        const int64_t first = (unit - group * args.groups.slices) * kSliceStatistics;
        const int64_t rest = args.groups.statistics - first;
        const VectorSums sums =
            vector_sums(args.groups, args.rules, args.vectors, group, first,
                        rest < kSliceStatistics ? rest : kSliceStatistics, scratch);
        if (threadIdx.x == 0) {
            const global<double> target = global_cast<double>(args.slices + unit);
            store(target, sums.mean.scale);
            store(target + 1, sums.mean.sum);
            store(target + 2, sums.mean.sum_squares);
            store(target + 3, sums.mean.sum_logs);
            store(target + 4, sums.variance.scale);
            store(target + 5, sums.variance.sum);
            store(target + 6, sums.variance.sum_squares);
            store(target + 7, sums.variance.sum_logs);
        }
    }
}

}  // namespace jsnorm::gpu
