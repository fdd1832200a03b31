// SPDX-License-Identifier: Apache-2.0
// Statistics of rows: x -> mean and M2 of every chunk of every cell, x read once.
#pragma once

#include <limits>

#include "kernels/moments.cuh"
#include "kernels/row_tiles.cuh"
#include "kernels/sums.cuh"

namespace jsnorm::gpu {

// A partial result; its count is known from its place.
struct alignas(16) MeanM2 {
    double mean;
    double m2;
};

// Sums of elements are of sixteenths, so that the sum of a chain stays in the range of its
// elements: elements so small that they lose bits by it lose none that a pivot needs.
inline constexpr double kSumScale = 16;

template <class Acc>
JSNORM_DEVICE Acc add_to_sum(Acc sum, Acc element) {
    return std::fma(element, static_cast<Acc>(1 / kSumScale), sum);
}

// The moments of a span, known to all lanes of the row: the mean of the resident tile first, then
// residuals about it. No float chain has more than kVectors terms; one whose squares leave the
// range of floats is summed again, scaled. Of count 0: no moments.
template <class T, int kLanes>
JSNORM_DEVICE Moments tile_moments(const Tile<T> &tile, const RowSpan &span,
                                   shared<double> scratch) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    Acc values[1][kV] = {};
    JSNORM_UNROLL
    for (int i = 0; i < kVectors; ++i) {  // what is beyond the span is 0
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e)
            values[0][e] = add_to_sum(values[0][e], tile.vectors[i].get(e));
    }
    double sum[1];
    sum_chains<kLanes>(values, scratch, sum);
    Acc pivot = span.count > 0 ? static_cast<Acc>(sum[0] * kSumScale / span.count) : Acc(0);
    if constexpr (sizeof(Acc) == sizeof(double)) {
        // A double mean of equal numbers may miss them by a bit, whose square can leave the range.
        Acc misses[1][kV] = {};
        for_elements<T, kLanes>(
            span, [&](int i, int e) { misses[0][e] += tile.vectors[i].get(e) - pivot; });
        sum_chains<kLanes>(misses, scratch, sum);
        if (span.count > 0) pivot += sum[0] / span.count;
    }
    Acc residuals[kV] = {};
    Acc squares[kV] = {};
    for_elements<T, kLanes>(span, [&](int i, int e) {
        const Acc d = tile.vectors[i].get(e) - pivot;
        residuals[e] += d;
        squares[e] += d * d;
    });
    double chains[2][kV];
    bool in_range = true;
    JSNORM_UNROLL
    for (int e = 0; e < kV; ++e) {
        chains[0][e] = static_cast<double>(residuals[e]);
        chains[1][e] = static_cast<double>(squares[e]);
        in_range = in_range && square_scale<Acc>(chains[1][e]) == Acc(1);
    }
    if (!in_range) {
        JSNORM_ROLLED
        for (int again = 0; again < 2; ++again) {  // squares too small, then squares too large
            const Acc scale = again == 0
                                  ? square_scale<Acc>(0)
                                  : square_scale<Acc>(std::numeric_limits<double>::infinity());
            Acc scaled[kV] = {};
            for_elements<T, kLanes>(span, [&](int i, int e) {
                const Acc d = (tile.vectors[i].get(e) - pivot) * scale;
                scaled[e] += d * d;
            });
            const auto factor = static_cast<double>(scale);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (scale != Acc(1) &&
                    square_scale<Acc>(static_cast<double>(squares[e])) == scale) {
                    chains[1][e] = static_cast<double>(scaled[e]) / factor / factor;
                }
            }
        }
    }
    double sums[2];
    sum_chains<kLanes>(chains, scratch, sums);
    if (span.count == 0) return {};
    return moments_about(static_cast<double>(pivot), span.count, sums[0], sums[1]);
}

template <class T>
struct RowsStatistics {
    Rows rows;  // operand 0: x
    global<const T> x;
    global<MeanM2> partials;  // [chunk][cell]
    BlockMemory memory;
};

// A block takes kRowsPerBlock cells of one chunk at a time.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_statistics(RowsStatistics<T> args) {
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const RowStaging<T> staging(memory, args.memory);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const int64_t blocks = divide_up(rows.cell_count, kRowsPerBlock<kLanes>);
    const int64_t tiles = tiles_of(rows);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t unit = blockIdx.x; unit < blocks * rows.chunks; unit += gridDim.x) {
        const int64_t chunk = unit / blocks;
        const RowBlock block =
            row_block<kLanes>(rows, (unit - chunk * blocks) * kRowsPerBlock<kLanes>);
        const int64_t cell = block.first + thread.row;
        Moments total;
        JSNORM_ROLLED
        for (int64_t tile = chunk * rows.chunk_tiles;
             tile < (chunk + 1) * rows.chunk_tiles && tile < tiles; ++tile) {
            const RowSpan span = row_span(rows, block, cell, tile);
            Tile<T> x;
            load_tile<false, T, kLanes>(x, args.x, rows, span, 0, staging);
            total = merge(total, tile_moments<T, kLanes>(x, span, scratch));
        }
        if (cell < rows.cell_count && thread.lane == 0) {
            store(args.partials + (chunk * rows.cell_count + cell), MeanM2{total.mean, total.m2});
        }
    }
}

}  // namespace jsnorm::gpu
