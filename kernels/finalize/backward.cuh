// SPDX-License-Identifier: Apache-2.0
// Sums of gradients -> the terms b and t of dx. Everything in double (docs/math.md, section 3).
#pragma once

#include "kernels/finalize/gradients.cuh"

namespace jsnorm::gpu {

// The gradient sums over a whole group: made here, or added up from slices. Takes part: every
// thread of the block.
template <class T>
JSNORM_DEVICE GradientVectorSums group_gradient_sums(const FinalizeBackward<T> &args,
                                                     const GroupShrinkage &shrinkage, int64_t group,
                                                     bool exists, shared<double> scratch) {
    using Entry = GradientSumsEntry;
    if (args.groups.mean_couples == 0 && args.groups.variance_couples == 0) return {};
    if (args.gradient_slices == nullptr) {
        constexpr int64_t kFirst = 0;
        const int64_t count = exists ? args.groups.statistics : 0;
        return gradient_vector_sums(args, shrinkage, group, kFirst, count, scratch);
    }
    GradientVectorSums total;
    for (int64_t slice = 0; slice < args.groups.slices; ++slice) {
        const global<const double> source =
            args.gradient_slices + Entry::kCount * (group * args.groups.slices + slice);
        total.mean.sum += load(source + Entry::kMean);
        total.mean.sum_products += load(source + Entry::kMeanProducts);
        total.variance.sum += load(source + Entry::kVariance);
        total.variance.sum_products += load(source + Entry::kVarianceProducts);
    }
    return total;
}

// A thread takes one statistic at a time; the threads of a group sum together.
template <class T>
JSNORM_KERNEL(kFinalizeThreads, 1)
finalize_backward(FinalizeBackward<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const double elements = elements_of(args.elements);
    const int64_t blocks = finalize_blocks(args.groups);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const FinalizeUnit unit = finalize_unit(args.groups, block);

        // The estimators of the group, as forward used them.
        const GroupShrinkage shrinkage =
            shrinkage_of(args.groups, args.rules, elements,
                         group_sums(args.groups, args.rules, args.vectors, args.slices, unit.group,
                                    unit.group_exists, scratch));

        // The gradient sums of the group.
        const GradientVectorSums sums =
            group_gradient_sums(args, shrinkage, unit.group, unit.group_exists, scratch);
        if (!unit.exists) continue;

        // The terms of the statistic; 0 without elements.
        GradientTerms terms = {0, 0};
        if (elements > 0) {
            terms = terms_of(shrinkage, sums, gradient_of(args, shrinkage, unit.group, unit.k),
                             elements);
        }

        // All its cells get them.
        const int64_t statistic = unit.group * args.groups.statistics + unit.k;
        for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
            store_terms(args.backward, statistic * args.cells_per_statistic + i,
                        static_cast<Acc>(terms.b), narrow_slope<Acc>(terms.t));
        }
    }
}

}  // namespace jsnorm::gpu
