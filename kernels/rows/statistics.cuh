// SPDX-License-Identifier: Apache-2.0
// Statistics of rows: x -> mean and M2 of every chunk of every cell, x read once.
//
// A block takes one chunk of kRowsPerBlock rows at a time, tile by tile. A tile stays in registers
// while it is seen twice (docs/math.md, section 2); its moments are merged in double.
#pragma once

#include "kernels/rows/tile_moments.cuh"
#include "kernels/rows/tiles.cuh"
#include "kernels/tensor/partials.cuh"

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

        // The moments of the chunk, tile by tile.
        Moments total;
        JSNORM_ROLLED
        for (int64_t tile = chunk * rows.chunk_tiles;
             tile < (chunk + 1) * rows.chunk_tiles && tile < tiles; ++tile) {
            const RowSpan span = row_span(rows, block, cell, tile);
            Tile<T> x;
            load_tile<Reuse::kLater, T, kLanes>(x, args.x, rows, span, kRowX, staging);
            total = merge(total, tile_moments<T, kLanes>(x, span, scratch));
        }

        // One lane of the row writes them.
        if (cell < rows.cell_count && thread.lane == 0) {
            store(args.partials + (chunk * rows.cell_count + cell), MeanM2{total.mean, total.m2});
        }
    }
}

}  // namespace jsnorm::gpu
