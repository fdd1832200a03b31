// SPDX-License-Identifier: Apache-2.0
// What the threads of a strip of columns share: values of its columns, and their sums.
#pragma once

#include "kernels/columns.cuh"
#include "kernels/sums.cuh"

namespace jsnorm::gpu {

// The cell of a column of the strip, and whether it is one.
struct ColumnCell {
    bool exists;
    int64_t cell;
};

JSNORM_DEVICE ColumnCell cell_of(const Columns &columns, const Strip &strip, int column) {
    const int64_t in_row = strip.first + column;
    if (in_row >= columns.row_columns()) return {false, 0};
    return {true, strip.outer * columns.row_cells + in_row % columns.row_cells};
}

// Values of the strip's columns in shared memory, `kArrays` of them a column: loaded once by the
// block, neighbours by neighbours, and read by every thread for its own columns.
template <class Acc, int kArrays, int kChains>
struct StripValues {
    shared<Acc> values;

    // So that neighbouring columns, which the block writes, and neighbouring lanes, which it reads,
    // lie in different banks.
    static constexpr int kStride = kWarp + kWarp / kChains;
    static constexpr int kSize = kArrays * kChains * kStride;
    JSNORM_DEVICE static int slot(int q, int e, int lane) {
        return (q * kChains + e) * kStride + lane;
    }
    JSNORM_DEVICE Acc at(int q, int e, int lane) const { return values[slot(q, e, lane)]; }

    // load(q, cell) for every array and column; 0 for columns that are no cells. Every thread of
    // the block takes part.
    template <class Load>
    JSNORM_DEVICE void fill(const Columns &columns, const Strip &strip, int arrays,
                            const Load &load_value) const {
        const int width = columns.lanes * kChains;
        __syncthreads();
        JSNORM_ROLLED
        for (int index = static_cast<int>(threadIdx.x); index < width * arrays;
             index += kColumnThreads) {
            const int q = index / width;
            const int column = index - q * width;
            const ColumnCell cell = cell_of(columns, strip, column);
            values[slot(q, column % kChains, column / kChains)] =
                cell.exists ? load_value(q, cell.cell) : Acc(0);
        }
        __syncthreads();
    }
};

// Every thread puts its value of column e of its own into a shared array of
// kColumnThreads*kWidth<T>: threads of a warp write, and later read, neighbours.
template <class T>
JSNORM_DEVICE int column_slot(int e) {
    return e * kColumnThreads + static_cast<int>(threadIdx.x);
}

// The sums of the columns of the strip from such an array. Warp w < kWidth<T> has column
// lane*kWidth<T> + w in its lanes below columns.lanes; other warps do not take part.
template <class T, class Value>
JSNORM_DEVICE double column_total(const Columns &columns, shared<Value> values) {
    constexpr int kSteps = kColumnThreads / kWarp;
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    double parts[kSteps];
    JSNORM_UNROLL
    for (int k = 0; k < kSteps; ++k) {
        parts[k] = static_cast<double>(Value(values[warp * kColumnThreads + k * kWarp + lane]));
    }
    double total = pairwise_sum(parts);
    for (int step = columns.lanes; step < kWarp; step *= 2) {
        total += __shfl_xor_sync(kFullWarp, total, step);
    }
    return total;
}

}  // namespace jsnorm::gpu
