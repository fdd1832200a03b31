// SPDX-License-Identifier: Apache-2.0
// Moments of the parts of a statistic -> mean and M2 of the statistic. Its parts are chunks, the
// remainders of folded columns, and the cells of a group norm's group. Their order depends on their
// number alone.
#pragma once

#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

struct MergeMoments {
    Parts parts;
    int64_t statistics = 0;
    int64_t cells_per_statistic = 1;
    double divisor = 1;  // of M2: the elements of a statistic for a variance
    global<const MeanM2> partials = nullptr;
    global<double> mean = nullptr;
    global<double> m2 = nullptr;
};

// docs/math.md, section 6: the means are summed about the mean of the first part. Takes part: every
// thread of the block. scratch: a double for each.
JSNORM_DEVICE void merge_moments(const MergeMoments &args, shared<double> scratch) {
    constexpr int64_t kFirstPart = 0;
    const int threads = args.parts.threads;
    const ShareThread thread(threads);
    const int64_t parts = args.parts.of_cell.value * args.cells_per_statistic;
    const double elements =
        static_cast<double>(args.parts.cell_elements * args.cells_per_statistic);
    const int64_t blocks = divide_up(args.statistics, thread.statistics);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t statistic = block * thread.statistics + thread.statistic;
        const bool exists = statistic < args.statistics;
        const int64_t count = exists ? parts : 0;
        const int64_t first_cell = statistic * args.cells_per_statistic;
        const auto part_at = [&](int64_t index) {
            const int64_t cell = divide(index, args.parts.of_cell);
            return part_of(args.parts, first_cell + cell, index - cell * args.parts.of_cell.value);
        };
        const auto for_parts = [&](const auto &add) {
            for_own_parts(args.partials, count, thread, threads, part_at, add);
        };

        // The mean: the first part's, and the weighted differences of all parts from it.
        const double reference =
            exists ? load(args.partials + part_at(kFirstPart).index).mean : 0.0;
        double shift = 0;
        for_parts([&](const Part &part, const MeanM2 &value) {
            if (part.count == 0) return;
            shift += static_cast<double>(part.count) * (value.mean - reference);
        });
        const double mean = reference + sum_of_shares(shift, thread, threads, scratch) / elements;

        // M2: within the parts, and between them.
        double squares = 0;
        for_parts([&](const Part &part, const MeanM2 &value) {
            if (part.count == 0) return;
            const double delta = value.mean - mean;
            squares += value.m2 + static_cast<double>(part.count) * (delta * delta);
        });
        const double m2 = sum_of_shares(squares, thread, threads, scratch);

        // One of the threads that share the statistic writes it.
        if (exists && thread.share == 0) {
            store(args.mean + statistic, mean);
            store(args.m2 + statistic, m2 / args.divisor);
        }
    }
}

}  // namespace jsnorm::gpu
