// SPDX-License-Identifier: Apache-2.0
// Groups of rows that a block keeps on chip, so that they are read once although their statistics
// are shrunk together: a row that nothing couples is a group too, and a long row is seen in tiles.
// A block takes as many groups as its threads have rows for, or a large one in several rounds; the
// tile of the last round stays in registers, those before it wait in shared memory.
#pragma once

#include "kernels/rows/rows.cuh"
#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

struct RowGroups {
    Groups of;  // its threads: those of the block that share a group
    int32_t cells_per_statistic = 1;
    int32_t cells = 1;           // rows of a group
    int32_t rows = 1;            // of them at once
    int32_t tiles = 1;           // of a row
    int32_t rounds = 1;          // tiles that a thread sees of a group
    int32_t vectors = kTileVectors;  // of a lane that a tile needs

    JSNORM_DEVICE int in_block() const { return static_cast<int>(blockDim.x) / of.threads; }
    JSNORM_DEVICE int64_t steps() const { return divide_up(of.groups, in_block()); }
};

// Which group of its block a thread works on, and which of its rows and threads it is.
template <class T, int kLanes>
struct GroupThread {
    int lane;
    int slot;
    int row;
    int thread;

    JSNORM_DEVICE explicit GroupThread(const RowGroups &groups)
        : lane(RowThread<kLanes>().lane),
          slot(static_cast<int>(threadIdx.x) / groups.of.threads),
          row(RowThread<kLanes>().row % groups.rows),
          thread(static_cast<int>(threadIdx.x) % groups.of.threads) {}

    // The row of the group in a round.
    JSNORM_DEVICE int cell(const RowGroups &groups, int round) const {
        return round / groups.tiles * groups.rows + row;
    }
    JSNORM_DEVICE RowSpan span(const Rows &rows, const RowGroups &groups, int64_t group,
                               int round) const {
        const int in_group = cell(groups, round);
        const bool exists = group < groups.of.groups && in_group < groups.cells;
        return row_span(rows, block(groups, group - slot, round),
                        exists ? group * groups.cells + in_group : rows.cell_count,
                        round % groups.tiles);
    }
    // Those of all threads of the block; first: its first group.
    JSNORM_DEVICE RowBlock block(const RowGroups &groups, int64_t first, int round) const {
        const int before = round / groups.tiles * groups.rows;
        const int64_t rest = (groups.of.groups - first) * groups.cells - before;
        const int most =
            groups.in_block() > 1 ? groups.in_block() * groups.cells : groups.cells - before;
        const int at_once = most < kRowsPerBlock<kLanes> ? most : kRowsPerBlock<kLanes>;
        return {first * groups.cells + before, rest < at_once ? static_cast<int>(rest) : at_once};
    }
};

// Where the threads of a group wait for each other; every thread of the block must arrive.
JSNORM_DEVICE void group_barrier(const RowGroups &groups) {
    if (groups.of.threads <= kWarp) {
        __syncwarp();
    } else {
        __syncthreads();
    }
}

// What the threads of a group tell each other.
template <class Acc>
struct GroupMemory {
    shared<double> first;   // of each row: its mean, or its sum of g
    shared<double> second;  // its M2, or its sum of g_centred
    shared<double> mean;    // of each statistic
    shared<double> variance;
    shared<Acc> coefficients;

    JSNORM_DEVICE GroupMemory(shared<unsigned char> memory, const RowGroups &groups, int slot) {
        const auto statistics = static_cast<int>(groups.of.statistics);
        const int64_t bytes = group_bytes(groups.cells, statistics, sizeof(Acc));
        first = shared_cast<double>(memory + slot * bytes);
        second = first + groups.cells;
        mean = second + groups.cells;
        variance = mean + statistics;
        coefficients = shared_cast<Acc>(variance + statistics);
    }

    // Forward's first, then what is backward's alone.
    JSNORM_DEVICE void put_forward(int k, const Forward<Acc> &value) const {
        const shared<Acc> at = coefficients + k * kGroupCoefficients;
        at[0] = value.mean.head;
        at[1] = value.mean.tail;
        at[2] = value.rstd;
    }
    JSNORM_DEVICE Forward<Acc> forward(int k) const {
        const shared<const Acc> at = coefficients + k * kGroupCoefficients;
        return {{Acc(at[0]), Acc(at[1])}, Acc(at[2])};
    }
    JSNORM_DEVICE void put_centre(int k, const MeanPair<Acc> &value) const {
        const shared<Acc> at = coefficients + k * kGroupCoefficients;
        at[3] = value.head;
        at[4] = value.tail;
    }
    JSNORM_DEVICE MeanPair<Acc> centre(int k) const {
        const shared<const Acc> at = coefficients + k * kGroupCoefficients;
        return {Acc(at[3]), Acc(at[4])};
    }
    JSNORM_DEVICE void put_terms(int k, const GradientTerms &terms) const {
        const shared<Acc> at = coefficients + k * kGroupCoefficients;
        at[5] = static_cast<Acc>(terms.b);
        at[6] = static_cast<Acc>(terms.t);
    }
    JSNORM_DEVICE Backward<Acc> backward(int k) const {
        const shared<const Acc> at = coefficients + k * kGroupCoefficients;
        return {{Acc(at[3]), Acc(at[4])}, Acc(at[2]), Acc(at[5]), Acc(at[6])};
    }
};

// Tiles that wait in shared memory; a thread touches its own alone.
template <class T, int kLanes>
struct Stash {
    shared<Pack<T>> tiles;
    int vectors;

    JSNORM_DEVICE int slot(int place, int i) const {
        return (place * vectors + i) * kRowThreads<kLanes> + static_cast<int>(threadIdx.x);
    }
    JSNORM_DEVICE void put(int place, const Tile<T> &tile) const {
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            if (i < vectors) tiles[slot(place, i)] = tile.vectors[i];
        }
    }
    JSNORM_DEVICE void take(int place, Tile<T> &tile) const {
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            if (i < vectors) tile.vectors[i] = tiles[slot(place, i)];
        }
    }
};

}  // namespace jsnorm::gpu
