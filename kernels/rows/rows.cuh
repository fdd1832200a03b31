// SPDX-License-Identifier: Apache-2.0
// The rows family: the elements of a cell are contiguous, or treated as if they were. A row is the
// elements of one cell. It belongs to kLanes threads, which hold a tile of it in registers:
// kTileVectors vectors of 16 bytes each.
//
//               lane 0    lane 1    lane 2   ...  lane kLanes-1
//     tile      vector 0  vector 0  vector 0 ...  vector 0       one access of 16 bytes each
//               vector 1  vector 1  vector 1 ...
//               ...                                              kTileVectors of these lines
//
// A long row has several tiles; chunk_tiles tiles are a chunk, with one partial result. A row with
// few lanes shares its block with other rows.
#pragma once

#include "kernels/rows/block_memory.cuh"
#include "kernels/tensor/axes.cuh"
#include "kernels/tensor/tile.cuh"

namespace jsnorm::gpu {

// The operands of Rows: x in every kernel, then those of forward or of backward.
enum RowOperand : int { kRowX, kRowZ = 1, kRowY, kRowDy = 1, kRowDx, kRowDz };

// Where rows lie, and how they are cut.
struct Rows {
    AxisMap cells;
    AxisMap elements;
    Plane plane;    // the elements again, unless they are accessed one by one
    Divisor slots;  // of spans: accesses that a run is given, a multiple of 8
    int64_t cell_count = 0;
    int64_t cell_elements = 0;
    RowAccess access = RowAccess::kElements;
    int32_t tile = 1;           // elements
    int32_t image_spacing = 0;  // of spans of a block: from run to run in the image
    int32_t chunk_tiles = 1;
    int64_t chunks = 1;
};

// The rows that a block works on at once: neighbours, all of them in the tensor.
struct RowBlock {
    int64_t first = 0;
    int rows = 0;
};

// A tile: elements [first, first + count) of a cell. count is 0 where the row does not exist; its
// threads take part in barriers all the same.
struct RowSpan {
    int64_t cell = 0;
    int64_t first = 0;
    int count = 0;
    RowBlock block;
};

JSNORM_DEVICE int tile_length(const Rows &rows, int64_t first) {
    const int64_t rest = rows.cell_elements - first;
    return rest < rows.tile ? static_cast<int>(rest) : rows.tile;
}

JSNORM_DEVICE RowSpan row_span(const Rows &rows, const RowBlock &block, int64_t cell,
                               int64_t tile) {
    const int64_t first = tile * rows.tile;
    return {cell, first, cell < rows.cell_count ? tile_length(rows, first) : 0, block};
}

// The block whose first row is `first`, with a row for each kLanes threads.
template <int kLanes>
JSNORM_DEVICE RowBlock row_block(const Rows &rows, int64_t first) {
    const int64_t rest = rows.cell_count - first;
    return {first, rest < kRowsPerBlock<kLanes> ? static_cast<int>(rest) : kRowsPerBlock<kLanes>};
}

template <int kLanes>
JSNORM_DEVICE int64_t blocks_of(const Rows &rows) {
    return divide_up(rows.cell_count, kRowsPerBlock<kLanes>);
}

JSNORM_DEVICE int64_t tiles_of(const Rows &rows) {
    return divide_up(rows.cell_elements, rows.tile);
}

// Calls body(span) for this thread's tiles of all rows, the last ones first: the pass before read
// them last, so that they may still be in the L2 cache. A block takes kRowsPerBlock<kLanes> rows at
// a time.
template <int kLanes, class Body>
JSNORM_DEVICE void for_row_tiles_backwards(const Rows &rows, const Body &body) {
    const int64_t blocks = blocks_of<kLanes>(rows);
    const int64_t units = blocks * tiles_of(rows);
    for (int64_t done = blockIdx.x; done < units; done += gridDim.x) {
        const int64_t unit = units - 1 - done;
        const int64_t tile = unit / blocks;
        const int64_t first = (unit - tile * blocks) * kRowsPerBlock<kLanes>;
        const RowBlock block = row_block<kLanes>(rows, first);
        body(row_span(rows, block, first + RowThread<kLanes>().row, tile));
    }
}

}  // namespace jsnorm::gpu
