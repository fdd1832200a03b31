// SPDX-License-Identifier: Apache-2.0
// Two sums for each column of a strip: short chains in registers, finished chains in doubles in the
// thread's own place of shared memory (which leaves the registers to loads in flight), and at the
// end one sum over the threads of a column, in an order that depends on the strip's width alone.
#pragma once

#include "kernels/columns/columns.cuh"
#include "kernels/math/moments.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnSums {
    static constexpr int kV = kWidth<T>;
    // Odd, so that the columns of a thread begin in different banks.
    static constexpr int kStride = kColumnThreads + 1;
    static constexpr int kSlots = kV * kStride;
    static constexpr int kSlices = 3 * kColumnThreads / 2;  // with what keeps banks apart

    shared<SumPair> slots;   // kSlots
    shared<SumPair> slices;  // kSlices: sums over some of the lines

    JSNORM_DEVICE static int slot(int e) { return e * kStride + static_cast<int>(threadIdx.x); }
    // The thread's own sums of column e.
    JSNORM_DEVICE SumPair get(int e) const { return slots[slot(e)]; }
    JSNORM_DEVICE void set(int e, const SumPair &sums) const { slots[slot(e)] = sums; }
    JSNORM_DEVICE void clear() const {
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) set(e, {0, 0});
    }

    // Chains end here.
    template <class Acc>
    JSNORM_DEVICE void add(Acc (&first)[kV], Acc (&second)[kV]) const {
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            const SumPair sums = get(e);
            set(e, {sums.first + static_cast<double>(first[e]),
                    sums.second + static_cast<double>(second[e])});
            first[e] = 0;
            second[e] = 0;
        }
    }

    // Calls result(column in the strip, sums) for every column, by one thread each. before(column):
    // what that thread needs of other shared memory, taken before the block goes on. Every thread
    // of the block takes part; the slots may be written again behind it.
    template <class Before, class Result>
    JSNORM_DEVICE void total(const Columns &columns, const Before &before,
                             const Result &result) const {
        const int thread = static_cast<int>(threadIdx.x);
        const int width = columns.lanes * kV;
        __syncthreads();
        // Some lines of a column; neighbouring threads have neighbouring lanes.
        const int most = kColumnThreads / width;
        const int count = most < columns.height ? most : columns.height;
        const int lanes = columns.lanes | 1;  // odd: banks, again
        static_assert(kMostLanes * kV <= kColumnThreads);
        if (thread < count * width) {
            const int slice = thread / width;
            const int e = (thread - slice * width) / columns.lanes;
            const int lane = thread - slice * width - e * columns.lanes;
            SumPair sums = {0, 0};
            for (int line = slice; line < columns.height; line += count) {
                const SumPair part = slots[e * kStride + line * columns.lanes + lane];
                sums = {sums.first + part.first, sums.second + part.second};
            }
            slices[(slice * kV + e) * lanes + lane] = sums;
        }
        const auto aside = before(thread < width ? thread : 0);
        __syncthreads();
        if (thread >= width) return;
        SumPair sums = {0, 0};
        for (int slice = 0; slice < count; ++slice) {
            const SumPair part = slices[(slice * kV + thread % kV) * lanes + thread / kV];
            sums = {sums.first + part.first, sums.second + part.second};
        }
        result(thread, sums, aside);
    }
};

// Elements of a column in a chunk: all of its lines but those that the tensor's end cuts off.
JSNORM_DEVICE double column_count(const Columns &columns, const ColumnUnit &unit, int column) {
    const int64_t others = divide(columns.tiles - 1 - unit.part, columns.chunks);
    int64_t count = (others + 1) * columns.tile_lines();
    if (unit.part + others * columns.chunks.value == columns.tiles - 1) {
        count -= columns.tiles * columns.tile_lines() - columns.lines;
        if (unit.strip.first + column >= columns.last_length()) count -= 1;
    }
    return static_cast<double>(count);
}

// The place of a column's partial result.
JSNORM_DEVICE int64_t partial_of(const Columns &columns, const ColumnUnit &unit, int column) {
    return unit.part * columns.all_columns + unit.strip.outer * columns.line_columns +
           unit.strip.first + column;
}

}  // namespace jsnorm::gpu
