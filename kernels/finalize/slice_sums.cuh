// SPDX-License-Identifier: Apache-2.0
// Long vectors of statistics -> the sums of their slices, which later steps add up.
#pragma once

#include "kernels/finalize/sums.cuh"

namespace jsnorm::gpu {

// A block takes one slice at a time. groups.threads: the whole block. scratch: a double for each
// warp.
JSNORM_DEVICE void sum_slices(const Groups &groups, const NormRules &rules,
                              const StatisticVectors &vectors, global<VectorSums> slices,
                              shared<double> scratch) {
    const int64_t units = groups.groups * groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        // The sums of the slice.
        const Slice slice = slice_of(groups, unit);
        const VectorSums sums =
            vector_sums(groups, rules, vectors, slice.group, slice.first, slice.count, scratch);

        // One thread writes them.
        if (threadIdx.x == 0) {
            const global<double> entries = global_cast<double>(slices + unit);
            store_sums(entries, sums.mean);
            store_sums(entries + SumsEntry::kCount, sums.variance);
        }
    }
}

}  // namespace jsnorm::gpu
