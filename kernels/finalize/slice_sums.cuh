// SPDX-License-Identifier: Apache-2.0
// Long vectors of statistics -> the sums of their slices, which finalize kernels add up.
#pragma once

#include "kernels/finalize/sums.cuh"

namespace jsnorm::gpu {

struct FinalizeSliceSums {
    Groups groups;  // threads: the whole block
    NormRules rules;
    StatisticVectors vectors;
    global<VectorSums> slices;  // [group][slice]
};

// A block takes one slice at a time.
template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_slice_sums(FinalizeSliceSums args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const int64_t units = args.groups.groups * args.groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        // The sums of the slice.
        const Slice slice = slice_of(args.groups, unit);
        const VectorSums sums = vector_sums(args.groups, args.rules, args.vectors, slice.group,
                                            slice.first, slice.count, scratch);

        // One thread writes them.
        if (threadIdx.x == 0) {
            const global<double> entries = global_cast<double>(args.slices + unit);
            store_sums(entries, sums.mean);
            store_sums(entries + SumsEntry::kCount, sums.variance);
        }
    }
}

}  // namespace jsnorm::gpu
