// SPDX-License-Identifier: Apache-2.0
// From sums of gradients to the terms b and t of dx. Everything in double (docs/math.md, section 3).
#pragma once

#include "kernels/finalize/gradients.cuh"

namespace jsnorm::gpu {

template <class T>
JSNORM_DEVICE GradientVectorSums group_gradient_sums(const FinalizeBackward<T> &args,
                                                     const GroupShrinkage &shrinkage, int64_t group,
                                                     bool exists, shared<double> scratch) {
    if (args.groups.mean_couples == 0 && args.groups.variance_couples == 0) return {};
    if (args.gradient_slices == nullptr) {
        return gradient_vector_sums(args, shrinkage, group, 0, exists ? args.groups.statistics : 0,
                                    scratch);
    }
    GradientVectorSums total;
    for (int64_t slice = 0; slice < args.groups.slices; ++slice) {
        const global<const double> source =
            args.gradient_slices + 4 * (group * args.groups.slices + slice);
        total.mean.sum += load(source);
        total.mean.sum_products += load(source + 1);
        total.variance.sum += load(source + 2);
        total.variance.sum_products += load(source + 3);
    }
    return total;
}

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
        const GroupShrinkage shrinkage =
            shrinkage_of(args.groups, args.rules, elements,
                         group_sums(args.groups, args.rules, args.vectors, args.slices, unit.group,
                                    unit.group_exists, scratch));
        const GradientVectorSums sums =
            group_gradient_sums(args, shrinkage, unit.group, unit.group_exists, scratch);
        if (!unit.exists) continue;
        GradientTerms terms = {0, 0};
        if (elements > 0) {
            terms = terms_of(shrinkage, sums, gradient_of(args, shrinkage, unit.group, unit.k),
                             elements);
        }
        const int64_t statistic = unit.group * args.groups.statistics + unit.k;
        for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
            store_terms(args.backward, statistic * args.cells_per_statistic + i,
                        static_cast<Acc>(terms.b), static_cast<Acc>(terms.t));
        }
    }
}

}  // namespace jsnorm::gpu
