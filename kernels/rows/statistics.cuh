// SPDX-License-Identifier: Apache-2.0
// Statistics of rows: x -> mean and M2 of every chunk of every cell, x read once.
//
// A block takes one chunk of kRowsPerBlock rows at a time, tile by tile. Every lane adds up its
// residuals from the chunk's first element (docs/math.md, section 2), and lanes meet once, at the
// end of the chunk. A chunk whose first element is a bad pivot is taken again.
#pragma once

#include "kernels/rows/tiles.cuh"
#include "kernels/tensor/partials.cuh"
#include "kernels/tensor/tile_moments.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsStatistics {
    Rows rows;  // operand: x
    global<const T> x;
    global<MeanM2> partials;  // [chunk][cell]
    BlockMemory memory;
};

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_statistics(RowsStatistics<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, kMomentScratch<kLanes>);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const RowStaging<T> staging(memory, args.memory);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const int64_t blocks = blocks_of<kLanes>(rows);
    const int64_t tiles = tiles_of(rows);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t unit = blockIdx.x; unit < blocks * rows.chunks; unit += gridDim.x) {
        const int64_t chunk = unit / blocks;
        const RowBlock block =
            row_block<kLanes>(rows, (unit - chunk * blocks) * kRowsPerBlock<kLanes>);
        const int64_t cell = block.first + thread.row;

        const int64_t first_tile = chunk * rows.chunk_tiles;
        const int64_t end =
            first_tile + rows.chunk_tiles < tiles ? first_tile + rows.chunk_tiles : tiles;

        // Sums about the first element, lane by lane.
        constexpr Acc kUnscaled = 1;
        Acc pivot = 0;
        SumPair own = {0, 0};
        double count = 0;
        JSNORM_ROLLED
        for (int64_t tile = first_tile; tile < end; ++tile) {
            const RowSpan span = row_span(rows, block, cell, tile);
            Tile<T> x;
            load_tile<Reuse::kLater, T, kLanes>(x, args.x, rows, span, kRowX, staging);
            if (tile == first_tile) pivot = first_of_row<T, kLanes>(x, scratch);
            const SumPair sums =
                lane_sums_about<T, kLanes, TileEnd::kAnywhere>(pivot, kUnscaled, x, span.count);
            own += sums;
            count += span.count;
        }
        const ChunkMoments about = chunk_moments<T, kLanes>(pivot, own, count, scratch);
        Moments total = about.moments;

        // Once more, tile by tile, where a row of the block asks for it.
        if (__syncthreads_and(about.good) == 0) {
            Moments merged;
            JSNORM_ROLLED
            for (int64_t tile = first_tile; tile < end; ++tile) {
                const RowSpan span = row_span(rows, block, cell, tile);
                Tile<T> x;
                load_tile<Reuse::kLater, T, kLanes>(x, args.x, rows, span, kRowX, staging);
                merged = merge(merged, tile_moments<T, kLanes>(x, span.count, scratch));
            }
            if (!about.good) total = merged;
        }

        // One lane of the row writes them.
        if (cell < rows.cell_count && thread.lane == 0) {
            store(args.partials + (chunk * rows.cell_count + cell), MeanM2{total.mean, total.m2});
        }
    }
}

}  // namespace jsnorm::gpu
