// SPDX-License-Identifier: Apache-2.0
// Statistics of columns: x -> mean and M2 of every chunk of every column, x read once.
//
// A block takes one chunk of one strip at a time, tile by tile. A tile stays in registers while it
// is seen twice: sums give every column a pivot next to its mean, then residuals are summed about
// the pivot (docs/math.md, section 2). No float chain has more than kTileLines terms; sums over
// threads, and over tiles, are double and in a fixed order.
#pragma once

#include "kernels/columns/strips.cuh"
#include "kernels/columns/tiles.cuh"
#include "kernels/tensor/partials.cuh"
#include "kernels/tensor/tile_moments.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnsStatistics {
    Columns columns;  // operand 0: x
    global<const T> x;
    global<MeanM2> partials;  // [chunk][column of the whole tensor]
};

// Elements of column `column` of a line in lines [first, first + length).
JSNORM_DEVICE int64_t column_count(const Columns &columns, int64_t column, int64_t first,
                                   int64_t length) {
    const int64_t lines = columns.lines();
    const int64_t end = first + length < lines ? first + length : lines;
    const int64_t missing = end == lines && column >= columns.line_length(lines - 1) ? 1 : 0;
    return end - first - missing;
}

// Dynamic shared memory: staging of kTileLines vectors a thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_statistics(ColumnsStatistics<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    constexpr int kOperandX = 0;
    constexpr int kSlots = kColumnThreads * kV;
    JSNORM_SHARED(Acc, sums, kSlots);
    JSNORM_SHARED(Acc, residuals, kSlots);
    JSNORM_SHARED(double, squares, kSlots);
    JSNORM_SHARED(Acc, pivots, kWarp * kV);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const ColumnOwner<T> owner;
    const int64_t tile_lines = lines_of_tile(columns.lanes);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t index = blockIdx.x; index < columns.units(); index += gridDim.x) {
        const ColumnUnit unit = unit_of<T>(columns, index);
        const bool exists = owner.exists(columns, unit.strip);
        Moments total;
        JSNORM_ROLLED
        for (int step = 0; step < columns.chunk_tiles; ++step) {
            const int64_t first = (unit.chunk * columns.chunk_tiles + step) * tile_lines;
            if (first >= columns.lines()) break;
            const ColumnSpan span = column_span<kTileLines>(columns, thread, unit.strip, first);
            const int64_t count =
                exists ? column_count(columns, owner.column(unit.strip), first, tile_lines) : 0;

            // The tile.
            ColumnTile<T, kTileLines> tile;
            load_columns<Reuse::kLater>(tile, args.x, columns, thread, span, kOperandX, staging);

            // Sums of the columns, and their pivots from them.
            Acc chains[kV] = {};
            JSNORM_UNROLL
            for (int i = 0; i < kTileLines; ++i) {  // elements that do not exist are 0
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    chains[e] = add_to_sum(chains[e], tile.vectors[i].get(e));
                }
            }
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) sums[column_slot(e)] = chains[e];
            __syncthreads();
            Acc pivot = 0;
            if (owner.adds_up()) {
                pivot = pivot_of<Acc>(owner.total(columns, sums), static_cast<double>(count));
                if (owner.in_strip(columns)) pivots[owner.warp * kWarp + owner.lane] = pivot;
            }
            __syncthreads();
            Acc about[kV];
            Acc chain_squares[kV] = {};
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                about[e] = pivots[e * kWarp + thread.lane];
                chains[e] = 0;
            }
            if constexpr (kCorrectsPivot<Acc>) {
                for_column_elements<T, kTileLines>(thread, span, [&](int i, int e) {
                    chains[e] += tile.vectors[i].get(e) - about[e];
                });
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) sums[column_slot(e)] = chains[e];
                __syncthreads();
                if (owner.adds_up()) {
                    const double miss = owner.total(columns, sums);
                    if (count > 0) pivot += miss / static_cast<double>(count);
                    if (owner.in_strip(columns)) pivots[owner.warp * kWarp + owner.lane] = pivot;
                }
                __syncthreads();
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    about[e] = pivots[e * kWarp + thread.lane];
                    chains[e] = 0;
                }
            }

            // Residuals about the pivots.
            for_column_elements<T, kTileLines>(thread, span, [&](int i, int e) {
                const Acc d = tile.vectors[i].get(e) - about[e];
                chains[e] += d;
                chain_squares[e] += d * d;
            });
            double rescued[kV];
            rescue_squares<Acc>(chain_squares, rescued, [&](Acc scale, Acc(&scaled)[kV]) {
                for_column_elements<T, kTileLines>(thread, span, [&](int i, int e) {
                    const Acc d = (tile.vectors[i].get(e) - about[e]) * scale;
                    scaled[e] += d * d;
                });
            });
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                residuals[column_slot(e)] = chains[e];
                squares[column_slot(e)] = rescued[e];
            }
            __syncthreads();

            // The moments of the tile, merged into those of the chunk. The next tile's first
            // barrier keeps its sums from overtaking this: it writes `sums` before, and `residuals`
            // after it.
            if (owner.adds_up()) {
                const double residual = owner.total(columns, residuals);
                const double square = owner.total(columns, squares);
                if (count > 0) {
                    total =
                        merge(total, moments_about(static_cast<double>(pivot),
                                                   static_cast<double>(count), residual, square));
                }
            }
        }
        if (exists) {
            store(args.partials + owner.partial(columns, unit), MeanM2{total.mean, total.m2});
        }
    }
}

}  // namespace jsnorm::gpu
