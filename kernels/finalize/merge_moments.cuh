// SPDX-License-Identifier: Apache-2.0
// Moments of the parts of a statistic -> mean and M2 of the statistic. Its parts are chunks, the
// remainders of folded columns, and the cells of a group norm's group. Their order depends on their
// number alone.
#pragma once

#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

struct FinalizeMergeMoments {
    Parts parts;
    int64_t statistics = 0;
    int64_t cells_per_statistic = 1;
    double divisor = 1;  // of M2: the elements of a statistic for a variance
    global<const MeanM2> partials;
    global<double> mean;
    global<double> m2;
};

// docs/math.md, section 6: the means are summed about the mean of the first part.
template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_merge_moments(FinalizeMergeMoments args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads);
    constexpr int64_t kFirstPart = 0;
    const int threads = args.parts.threads;
    const ShareThread thread(threads);
    const int64_t per_cell = args.parts.chunks * args.parts.fold;
    const int64_t parts = per_cell * args.cells_per_statistic;
    const double elements =
        static_cast<double>(args.parts.cell_elements * args.cells_per_statistic);
    const int64_t blocks = divide_up(args.statistics, thread.statistics);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t statistic = block * thread.statistics + thread.statistic;
        const bool exists = statistic < args.statistics;
        const int64_t first_cell = statistic * args.cells_per_statistic;
        const auto part_at = [&](int64_t index) {
            const int64_t cell = index / per_cell;
            return part_of(args.parts, first_cell + cell, index - cell * per_cell);
        };

        // The mean: the first part's, and the weighted differences of all parts from it.
        double reference = 0;
        double shift = 0;
        if (exists) {
            reference = load(args.partials + part_at(kFirstPart).index).mean;
            for (int64_t index = thread.share; index < parts; index += threads) {
                const Part part = part_at(index);
                if (part.count == 0) continue;
                const double difference = load(args.partials + part.index).mean - reference;
                shift += static_cast<double>(part.count) * difference;
            }
        }
        const double mean = reference + sum_of_shares(shift, thread, threads, scratch) / elements;

        // M2: within the parts, and between them.
        double squares = 0;
        if (exists) {
            for (int64_t index = thread.share; index < parts; index += threads) {
                const Part part = part_at(index);
                if (part.count == 0) continue;
                const MeanM2 value = load(args.partials + part.index);
                const double delta = value.mean - mean;
                squares += value.m2 + static_cast<double>(part.count) * (delta * delta);
            }
        }
        const double m2 = sum_of_shares(squares, thread, threads, scratch);

        // One of the threads that share the statistic writes it.
        if (exists && thread.share == 0) {
            store(args.mean + statistic, mean);
            store(args.m2 + statistic, m2 / args.divisor);
        }
    }
}

}  // namespace jsnorm::gpu
