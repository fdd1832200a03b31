// SPDX-License-Identifier: Apache-2.0
// Groups of rows that a block keeps on chip, so that they are read once although their statistics
// are shrunk together. A row that nothing couples is a group too; a long row is seen in tiles. A
// block takes as many groups as its threads have rows for, or one large group in several rounds: in
// each round a thread sees one tile. The tile of the last round stays in registers, earlier ones
// wait in shared memory.
#pragma once

#include "kernels/rows/rows.cuh"
#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

struct RowGroups {
    Groups shape;  // threads: those of the block that share a group
    int32_t cells_per_statistic = 1;
    int32_t cells = 1;               // rows of a group
    int32_t rows = 1;                // rows of a group in a round
    int32_t tiles = 1;               // of a row
    int32_t rounds = 1;              // tiles of a group that a thread sees
    int32_t vectors = kTileVectors;  // of a lane that a tile needs

    JSNORM_DEVICE int in_block() const { return static_cast<int>(blockDim.x) / shape.threads; }
    JSNORM_DEVICE int64_t steps() const { return divide_up(shape.groups, in_block()); }
    JSNORM_DEVICE bool is_last(int round) const { return round == rounds - 1; }
    // The tile of its row that a thread sees in a round.
    JSNORM_DEVICE int tile(int round) const { return round % tiles; }
    JSNORM_DEVICE bool begins_row(int round) const { return tile(round) == 0; }
    JSNORM_DEVICE bool ends_row(int round) const { return tile(round) == tiles - 1; }
};

// Which group of its block a thread works on, and which row and thread of the group it is.
template <class T, int kLanes>
struct GroupThread {
    int lane;
    int slot;  // of the group in the block
    int row;
    int thread;

    JSNORM_DEVICE explicit GroupThread(const RowGroups &groups)
        : lane(RowThread<kLanes>().lane),
          slot(static_cast<int>(threadIdx.x) / groups.shape.threads),
          row(RowThread<kLanes>().row % groups.rows),
          thread(static_cast<int>(threadIdx.x) % groups.shape.threads) {}

    // The row of the group in a round.
    JSNORM_DEVICE int cell(const RowGroups &groups, int round) const {
        return round / groups.tiles * groups.rows + row;
    }
    JSNORM_DEVICE RowSpan span(const Rows &rows, const RowGroups &groups, int64_t group,
                               int round) const {
        const int in_group = cell(groups, round);
        const bool exists = group < groups.shape.groups && in_group < groups.cells;
        return row_span(rows, block(groups, group - slot, round),
                        exists ? group * groups.cells + in_group : rows.cell_count,
                        groups.tile(round));
    }
    // The rows of all threads of the block. first: the block's first group.
    JSNORM_DEVICE RowBlock block(const RowGroups &groups, int64_t first, int round) const {
        const int before = round / groups.tiles * groups.rows;
        const int64_t rest = (groups.shape.groups - first) * groups.cells - before;
        const int most =
            groups.in_block() > 1 ? groups.in_block() * groups.cells : groups.cells - before;
        const int in_round = most < kRowsPerBlock<kLanes> ? most : kRowsPerBlock<kLanes>;
        return {first * groups.cells + before, rest < in_round ? static_cast<int>(rest) : in_round};
    }
};

// Where the threads of a group wait for each other. Takes part: every thread of the block.
JSNORM_DEVICE void group_barrier(const RowGroups &groups) {
    if (groups.shape.threads <= kWarp) {
        __syncwarp();
    } else {
        __syncthreads();
    }
}

}  // namespace jsnorm::gpu
