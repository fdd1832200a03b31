// SPDX-License-Identifier: Apache-2.0
// Merges the parts of a statistic (chunks; remainders of folded columns; cells of a group norm's
// group) in an order that depends on their number alone.
#pragma once

#include "kernels/rows_backward_tile.cuh"
#include "kernels/rows_statistics.cuh"

namespace jsnorm::gpu {

// Where the parts of a cell lie and what each counts: partials[chunk][column], a cell has a column
// for each remainder of the element index modulo `fold`.
struct Parts {
    int64_t row_cells = 1;  // neighbouring cells in a row of columns
    int64_t columns = 0;    // of the whole tensor: cells * fold
    int64_t cell_elements = 0;
    int64_t chunks = 1;
    int64_t chunk_rows = 1;  // rows of `fold` elements in a chunk
    int32_t fold = 1;
    int32_t threads = 1;  // that share the parts of a statistic: a power of two up to 32
};

struct Part {
    int64_t index;
    int64_t count;
};

// Part `part` of a cell; there are fold*chunks.
JSNORM_HD inline Part part_of(const Parts &parts, int64_t cell, int64_t part) {
    const int64_t remainder = part / parts.chunks;
    const int64_t chunk = part - remainder * parts.chunks;
    const int64_t outer = cell / parts.row_cells;
    const int64_t column =
        (outer * parts.fold + remainder) * parts.row_cells + (cell - outer * parts.row_cells);
    const int64_t rows = divide_up(parts.cell_elements, parts.fold);
    const int64_t first = chunk * parts.chunk_rows;
    const int64_t end = first + parts.chunk_rows < rows ? first + parts.chunk_rows : rows;
    const bool missing = end == rows && (rows - 1) * parts.fold + remainder >= parts.cell_elements;
    return {chunk * parts.columns + column, end - first - (missing ? 1 : 0)};
}

inline constexpr int kMergeThreads = 256;

// The threads of a block in `parts.threads` rows: thread `row` of those that share a statistic.
// Neighbouring threads have neighbouring statistics.
struct MergeThread {
    int statistics;  // of the block
    int statistic;
    int row;

    JSNORM_DEVICE explicit MergeThread(int threads) {
        statistics = kMergeThreads / threads;
        statistic = static_cast<int>(threadIdx.x) % statistics;
        row = static_cast<int>(threadIdx.x) / statistics;
    }
};

// The sum over the threads that share a statistic, in order, known to all of them.
JSNORM_DEVICE double sum_of_rows(double value, const MergeThread &thread, int threads,
                                 shared<double> scratch) {
    if (threads == 1) return value;
    __syncthreads();
    scratch[static_cast<int>(threadIdx.x)] = value;
    __syncthreads();
    double total = 0;
    for (int row = 0; row < threads; ++row) {
        total += scratch[row * thread.statistics + thread.statistic];
    }
    return total;
}

struct MergeMoments {
    Parts parts;
    int64_t statistics = 0;
    int64_t cells_per_statistic = 1;
    double divisor = 1;  // of M2: the elements of a statistic for a variance
    global<const MeanM2> partials;
    global<double> mean;
    global<double> m2;
};

// docs/math.md, section 6: every part about the mean of the first.
template <class = void>
JSNORM_KERNEL(kMergeThreads, 4)
merge_moments(MergeMoments args) {
    JSNORM_SHARED(double, scratch, kMergeThreads);
    const int threads = args.parts.threads;
    const MergeThread thread(threads);
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
        const auto at = [&](int64_t part) {
            const int64_t cell = part / per_cell;
            return part_of(args.parts, first_cell + cell, part - cell * per_cell);
        };
        const double reference = exists ? load(args.partials + at(0).index).mean : 0;
        double shift = 0;
        if (exists) {
            for (int64_t part = thread.row; part < parts; part += threads) {
                const Part p = at(part);
                if (p.count == 0) continue;
                shift +=
                    static_cast<double>(p.count) * (load(args.partials + p.index).mean - reference);
            }
        }
        const double mean = reference + sum_of_rows(shift, thread, threads, scratch) / elements;
        double squares = 0;
        if (exists) {
            for (int64_t part = thread.row; part < parts; part += threads) {
                const Part p = at(part);
                if (p.count == 0) continue;
                const MeanM2 value = load(args.partials + p.index);
                const double delta = value.mean - mean;
                squares += value.m2 + static_cast<double>(p.count) * (delta * delta);
            }
        }
        const double m2 = sum_of_rows(squares, thread, threads, scratch);
        if (exists && thread.row == 0) {
            store(args.mean + statistic, mean);
            store(args.m2 + statistic, m2 / args.divisor);
        }
    }
}

struct MergeSums {
    Parts parts;
    int64_t cells = 0;
    global<const GradientSums> partials;
    global<double> g;  // [cell], and g_centred `stride` behind it
    int64_t stride = 0;
};

template <class = void>
JSNORM_KERNEL(kMergeThreads, 4)
merge_sums(MergeSums args) {
    JSNORM_SHARED(double, scratch, kMergeThreads);
    const int threads = args.parts.threads;
    const MergeThread thread(threads);
    const int64_t parts = args.parts.chunks * args.parts.fold;
    const int64_t blocks = divide_up(args.cells, thread.statistics);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t cell = block * thread.statistics + thread.statistic;
        const bool exists = cell < args.cells;
        GradientSums sums = {0, 0};
        if (exists) {
            for (int64_t part = thread.row; part < parts; part += threads) {
                const Part p = part_of(args.parts, cell, part);
                const GradientSums value = load(args.partials + p.index);
                sums = {sums.g + value.g, sums.g_centred + value.g_centred};
            }
        }
        sums.g = sum_of_rows(sums.g, thread, threads, scratch);
        sums.g_centred = sum_of_rows(sums.g_centred, thread, threads, scratch);
        if (exists && thread.row == 0) {
            store(args.g + cell, sums.g);
            store(args.g + (args.stride + cell), sums.g_centred);
        }
    }
}

}  // namespace jsnorm::gpu
