// SPDX-License-Identifier: Apache-2.0
// The gradients of long vectors of statistics, summed in slices.
#pragma once

#include "kernels/finalize/gradients.cuh"

namespace jsnorm::gpu {

// One block a slice; groups.threads is the whole block.
template <class T>
JSNORM_KERNEL(kFinalizeThreads, 1)
finalize_slice_gradients(FinalizeBackward<T> args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const double elements = elements_of(args.elements);
    const int64_t units = args.groups.groups * args.groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        const int64_t group = unit / args.groups.slices;
        const int64_t first = (unit - group * args.groups.slices) * kSliceStatistics;
        const int64_t rest = args.groups.statistics - first;
        const GroupShrinkage shrinkage = shrinkage_of(
            args.groups, args.rules, elements,
            group_sums(args.groups, args.rules, args.vectors, args.slices, group, true, scratch));
        const GradientVectorSums sums =
            gradient_vector_sums(args, shrinkage, group, first,
                                 rest < kSliceStatistics ? rest : kSliceStatistics, scratch);
        if (threadIdx.x == 0) {
            const global<double> target = args.gradient_slices + 4 * unit;
            store(target, sums.mean.sum);
            store(target + 1, sums.mean.sum_products);
            store(target + 2, sums.variance.sum);
            store(target + 3, sums.variance.sum_products);
        }
    }
}

}  // namespace jsnorm::gpu
