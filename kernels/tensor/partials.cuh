// SPDX-License-Identifier: Apache-2.0
// Partial results: a reduction kernel writes one for each part of a cell. Here is where the parts
// of a cell lie, and which threads add them up.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"
#include "kernels/math/moments.cuh"
#include "kernels/tensor/axes.cuh"

namespace jsnorm::gpu {

// partials[chunk][column]: a cell has a column for each remainder of the element index modulo
// `fold`, and so fold * chunks parts.
struct Parts {
    Divisor line_cells;  // columns: neighbouring cells; rows: all cells
    Divisor chunks;
    Divisor of_cell;      // parts of a cell
    int64_t columns = 0;  // of the whole tensor: cells * fold
    int64_t cell_elements = 0;
    int64_t lines = 0;  // of a cell: `fold` elements each
    int64_t chunk_lines = 1;
    int64_t dealt_lines = 0;  // tiles of so many lines are dealt out to chunks in turn; 0: are not
    int64_t last_tile = 0;    // of those that are dealt out
    int32_t fold = 1;
    int32_t threads = 1;  // that share the parts of a statistic: a power of two up to 32
};

struct Part {
    int64_t index;  // of its partial result
    int64_t count;  // elements
};

JSNORM_HD inline Part part_of(const Parts &parts, int64_t cell, int64_t part) {
    const int64_t remainder = divide(part, parts.chunks);
    const int64_t chunk = part - remainder * parts.chunks.value;
    const int64_t outer = divide(cell, parts.line_cells);
    const int64_t column = (outer * parts.fold + remainder) * parts.line_cells.value +
                           (cell - outer * parts.line_cells.value);
    const int64_t index = chunk * parts.columns + column;
    const int64_t lines = parts.lines;
    const bool cut = (lines - 1) * parts.fold + remainder >= parts.cell_elements;
    if (parts.dealt_lines > 0) {
        const int64_t others = divide(parts.last_tile - chunk, parts.chunks);
        const bool has_last = chunk + others * parts.chunks.value == parts.last_tile;
        const int64_t end = has_last ? lines - (cut ? 1 : 0) - parts.last_tile * parts.dealt_lines
                                     : parts.dealt_lines;
        return {index, others * parts.dealt_lines + end};
    }
    const int64_t first = chunk * parts.chunk_lines;
    const int64_t end = first + parts.chunk_lines < lines ? first + parts.chunk_lines : lines;
    return {index, end - first - (end == lines && cut ? 1 : 0)};
}

// ---- Threads that share a statistic -------------------------------------------------------------

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

inline constexpr int kPartsAtOnce = 4;  // loads of a thread that are under way

// Calls add(part, its partial result) for every part of the thread's share, in order. part_at(i):
// part i of the statistic.
template <class Value, class PartAt, class Add>
JSNORM_DEVICE void for_own_parts(global<const Value> partials, int64_t count,
                                 const ShareThread &thread, int threads, const PartAt &part_at,
                                 const Add &add) {
    JSNORM_ROLLED
    for (int64_t first = thread.share; first < count; first += kPartsAtOnce * threads) {
        Part parts[kPartsAtOnce] = {};
        Value values[kPartsAtOnce] = {};
        JSNORM_UNROLL
        for (int i = 0; i < kPartsAtOnce; ++i) {
            const int64_t index = first + i * threads;
            if (index >= count) continue;
            parts[i] = part_at(index);
            values[i] = load(partials + parts[i].index);
        }
        JSNORM_UNROLL
        for (int i = 0; i < kPartsAtOnce; ++i) {
            if (first + i * threads < count) add(parts[i], values[i]);
        }
    }
}

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
