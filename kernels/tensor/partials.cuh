// SPDX-License-Identifier: Apache-2.0
// Partial results: a reduction kernel writes one for each part of a cell. Here is where the parts
// of a cell lie, and which threads add them up.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"
#include "kernels/math/moments.cuh"

namespace jsnorm::gpu {

// partials[chunk][column]: a cell has a column for each remainder of the element index modulo
// `fold`, and so fold * chunks parts.
struct Parts {
    int64_t line_cells = 1;  // columns: neighbouring cells; rows: all cells
    int64_t columns = 0;     // of the whole tensor: cells * fold
    int64_t cell_elements = 0;
    int64_t chunks = 1;
    int64_t chunk_lines = 1;  // a line has `fold` elements of a cell
    int64_t dealt_lines =
        0;  // tiles of so many lines are dealt out to chunks in turn; 0: they are not
    int32_t fold = 1;
    int32_t threads = 1;  // that share the parts of a statistic: a power of two up to 32
};

struct Part {
    int64_t index;  // of its partial result
    int64_t count;  // elements
};

JSNORM_HD inline Part part_of(const Parts &parts, int64_t cell, int64_t part) {
    const int64_t remainder = part / parts.chunks;
    const int64_t chunk = part - remainder * parts.chunks;
    const int64_t outer = cell / parts.line_cells;
    const int64_t column =
        (outer * parts.fold + remainder) * parts.line_cells + (cell - outer * parts.line_cells);
    const int64_t lines = divide_up(parts.cell_elements, parts.fold);
    const bool cut = (lines - 1) * parts.fold + remainder >= parts.cell_elements;
    if (parts.dealt_lines > 0) {
        const int64_t last_tile = divide_up(lines, parts.dealt_lines) - 1;
        const int64_t others = (last_tile - chunk) / parts.chunks;
        const bool has_last = chunk + others * parts.chunks == last_tile;
        const int64_t end =
            has_last ? lines - (cut ? 1 : 0) - last_tile * parts.dealt_lines : parts.dealt_lines;
        return {chunk * parts.columns + column, others * parts.dealt_lines + end};
    }
    const int64_t first = chunk * parts.chunk_lines;
    const int64_t end = first + parts.chunk_lines < lines ? first + parts.chunk_lines : lines;
    return {chunk * parts.columns + column, end - first - (end == lines && cut ? 1 : 0)};
}

// ---- Threads that share a statistic

// Which statistic of the block a thread works on, and which share. Neighbouring threads have
// neighbouring statistics.
struct ShareThread {
    int statistics;  // of the block
    int statistic;
    int share;

    // threads: that share a statistic.
    JSNORM_DEVICE explicit ShareThread(int threads) {
        statistics = kFinalizeThreads / threads;
        statistic = static_cast<int>(threadIdx.x) % statistics;
        share = static_cast<int>(threadIdx.x) / statistics;
    }
};

// The sum over the threads that share a statistic, in order, known to all of them. Takes part:
// every thread of the block.
JSNORM_DEVICE double sum_of_shares(double value, const ShareThread &thread, int threads,
                                   shared<double> scratch) {
    if (threads == 1) return value;
    __syncthreads();
    scratch[static_cast<int>(threadIdx.x)] = value;
    __syncthreads();
    double total = 0;
    for (int share = 0; share < threads; ++share) {
        total += scratch[share * thread.statistics + thread.statistic];
    }
    return total;
}

}  // namespace jsnorm::gpu
