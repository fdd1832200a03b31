// SPDX-License-Identifier: Apache-2.0
// Gradient sums of the parts of a cell -> the sums of the cell. The order of the parts depends on
// their number alone.
#pragma once

#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

struct FinalizeMergeSums {
    Parts parts;
    int64_t cells = 0;
    global<const GradientSums> partials;
    global<double> g;  // [cell], and g_centred `stride` behind it
    int64_t stride = 0;
};

template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_merge_sums(FinalizeMergeSums args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads);
    const int threads = args.parts.threads;
    const ShareThread thread(threads);
    const int64_t parts = args.parts.chunks * args.parts.fold;
    const int64_t blocks = divide_up(args.cells, thread.statistics);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t cell = block * thread.statistics + thread.statistic;
        const bool exists = cell < args.cells;

        // Each thread adds up its share of the parts.
        GradientSums sums = {0, 0};
        if (exists) {
            for (int64_t index = thread.share; index < parts; index += threads) {
                const Part part = part_of(args.parts, cell, index);
                const GradientSums value = load(args.partials + part.index);
                sums = {sums.g + value.g, sums.g_centred + value.g_centred};
            }
        }

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
