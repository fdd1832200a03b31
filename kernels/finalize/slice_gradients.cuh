// SPDX-License-Identifier: Apache-2.0
// Long vectors of statistics -> the gradient sums of their slices, which finalize_backward adds up.
#pragma once

#include "kernels/finalize/gradients.cuh"

namespace jsnorm::gpu {

// A block takes one slice at a time. groups.threads: the whole block.
template <class T>
JSNORM_KERNEL(kFinalizeThreads, 1)
finalize_slice_gradients(FinalizeBackward<T> args) {
    constexpr bool kExists = true;
    using Entry = GradientSumsEntry;
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const double elements = elements_of(args.elements);
    const int64_t units = args.groups.groups * args.groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        const Slice slice = slice_of(args.groups, unit);

        // The estimators of the group.
        const GroupShrinkage shrinkage =
            shrinkage_of(args.groups, args.rules, elements,
                         group_sums(args.groups, args.rules, args.vectors, args.slices, slice.group,
                                    kExists, scratch));

        // The gradient sums of the slice.
        const GradientVectorSums sums =
            gradient_vector_sums(args, shrinkage, slice.group, slice.first, slice.count, scratch);

        // One thread writes them.
        if (threadIdx.x == 0) {
            const global<double> target = args.gradient_slices + Entry::kCount * unit;
            store(target + Entry::kMean, sums.mean.sum);
            store(target + Entry::kMeanProducts, sums.mean.sum_products);
            store(target + Entry::kVariance, sums.variance.sum);
            store(target + Entry::kVarianceProducts, sums.variance.sum_products);
        }
    }
}

}  // namespace jsnorm::gpu
