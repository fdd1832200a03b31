// SPDX-License-Identifier: Apache-2.0
// What the threads of a strip share: a table of coefficients, and sums over the threads of a
// column.
#pragma once

#include "kernels/columns/columns.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {

// The cell of a column of the strip, and whether it is one.
struct ColumnCell {
    bool exists;
    int64_t cell;
};

JSNORM_DEVICE ColumnCell cell_of(const Columns &columns, const Strip &strip, int column) {
    const int64_t in_line = strip.first + column;
    if (in_line >= columns.line_columns()) return {false, 0};
    return {true, strip.outer * columns.line_cells + in_line % columns.line_cells};
}

// `kEntries` numbers for each column of the strip in shared memory: loaded once by the block,
// neighbours by neighbours, and read by every thread for its own columns.
template <class Acc, int kEntries, int kColumns>
struct StripTable {
    shared<Acc> values;

    // So that neighbouring columns, which the block writes, and neighbouring lanes, which it reads,
    // lie in different banks.
    static constexpr int kStride = kWarp + kWarp / kColumns;
    static constexpr int kSize = kEntries * kColumns * kStride;

    JSNORM_DEVICE static int slot(int entry, int e, int lane) {
        return (entry * kColumns + e) * kStride + lane;
    }
    // Of column e of a lane.
    JSNORM_DEVICE Acc at(int entry, int e, int lane) const { return values[slot(entry, e, lane)]; }

    // Sets the first `entries` entries to load_value(entry, cell); 0 for columns that are no cells.
    // Takes part: every thread of the block.
    template <class Load>
    JSNORM_DEVICE void fill(const Columns &columns, const Strip &strip, int entries,
                            const Load &load_value) const {
        const int width = columns.lanes * kColumns;
        __syncthreads();
        JSNORM_ROLLED
        for (int index = static_cast<int>(threadIdx.x); index < width * entries;
             index += kColumnThreads) {
            const int entry = index / width;
            const int column = index - entry * width;
            const ColumnCell cell = cell_of(columns, strip, column);
            values[slot(entry, column % kColumns, column / kColumns)] =
                cell.exists ? load_value(entry, cell.cell) : Acc(0);
        }
        __syncthreads();
    }
};

// Where a thread puts its value of its column e in a shared array of kColumnThreads*kWidth<T>:
// threads of a warp write, and later read, neighbours.
JSNORM_DEVICE int column_slot(int e) {
    return e * kColumnThreads + static_cast<int>(threadIdx.x);
}

// The column of the strip whose parts a thread adds up: warp w < kWidth<T> has column
// lane*kWidth<T> + w in its lanes below columns.lanes; other warps add up nothing.
template <class T>
struct ColumnOwner {
    int warp = static_cast<int>(threadIdx.x) / kWarp;
    int lane = static_cast<int>(threadIdx.x) % kWarp;

    JSNORM_DEVICE bool adds_up() const { return warp < kWidth<T>; }
    JSNORM_DEVICE bool in_strip(const Columns &columns) const {
        return adds_up() && lane < columns.lanes;
    }
    // In the line.
    JSNORM_DEVICE int64_t column(const Strip &strip) const {
        return strip.first + lane * kWidth<T> + warp;
    }
    JSNORM_DEVICE bool exists(const Columns &columns, const Strip &strip) const {
        return in_strip(columns) && column(strip) < columns.line_columns();
    }
    // Of its partial result.
    JSNORM_DEVICE int64_t partial(const Columns &columns, const ColumnUnit &unit) const {
        return unit.chunk * columns.all_columns() + unit.strip.outer * columns.line_columns() +
               column(unit.strip);
    }
    // The sum of its column from an array filled by column_slot. Call where adds_up().
    template <class Value>
    JSNORM_DEVICE double total(const Columns &columns, shared<Value> values) const {
        constexpr int kParts = kColumnThreads / kWarp;
        double parts[kParts];
        JSNORM_UNROLL
        for (int k = 0; k < kParts; ++k) {
            parts[k] = static_cast<double>(Value(values[warp * kColumnThreads + k * kWarp + lane]));
        }
        double total = pairwise_sum(parts);
        for (int step = columns.lanes; step < kWarp; step *= 2) {
            total += __shfl_xor_sync(kFullWarp, total, step);
        }
        return total;
    }
};

}  // namespace jsnorm::gpu
