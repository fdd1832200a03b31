// SPDX-License-Identifier: Apache-2.0
// Gradient sums of the parts of a cell -> the sums of the cell. The order of the parts depends on
// their number alone.
#pragma once

#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

struct MergeSums {
    Parts parts;
    int64_t cells = 0;
    global<const GradientSums> partials = nullptr;
    global<double> g = nullptr;  // [cell], and g_centred `stride` behind it
    int64_t stride = 0;
};

// Takes part: every thread of the block. scratch: a double for each.
JSNORM_DEVICE void merge_sums(const MergeSums &args, shared<double> scratch) {
    const int threads = args.parts.threads;
    const ShareThread thread(threads);
    const int64_t blocks = divide_up(args.cells, thread.statistics);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t cell = block * thread.statistics + thread.statistic;
        const bool exists = cell < args.cells;

        // Each thread adds up its share of the parts.
        GradientSums sums = {0, 0};
        for_own_parts(
            args.partials, exists ? args.parts.of_cell.value : 0, thread, threads,
            [&](int64_t index) { return part_of(args.parts, cell, index); },
            [&](const Part &, const GradientSums &value) { sums += value; });

        // The shares, in order. One thread writes the sums of the cell.
        sums.g = sum_of_shares(sums.g, thread, threads, scratch);
        sums.g_centred = sum_of_shares(sums.g_centred, thread, threads, scratch);
        if (exists && thread.share == 0) {
            store(args.g + cell, sums.g);
            store(args.g + (args.stride + cell), sums.g_centred);
        }
    }
}

}  // namespace jsnorm::gpu
