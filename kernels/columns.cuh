// SPDX-License-Identifier: Apache-2.0
// The columns family: neighbouring cells are neighbours in memory (NHWC; (N, C)). A block takes a strip
// of neighbouring cells and walks down the elements; every thread keeps to kWidth<T> columns of it.
//
// Where a row of cells is not a multiple of 16 bytes, `fold` rows are taken as one (C = 18 in half: 4
// rows of 18 are 9 vectors), so that accesses of 16 bytes reach every tensor without gaps. A folded
// column is a cell and a remainder of the element index modulo fold; the parts of a cell are merged
// later, like its chunks.
//
// Where memory does not allow accesses of 16 bytes, and in the last, incomplete folded row, a tile is
// gathered in shared memory element by element, and scattered from there: what a thread holds, and so
// every bit of the result, is the same.
#pragma once

#include "kernels/axes.cuh"
#include "kernels/parameters.cuh"
#include "kernels/sums.cuh"

namespace jsnorm::gpu {

inline constexpr int kColumnThreads = 256;
inline constexpr int kColumnRows = 8;  // rows of a tile that a thread holds

struct Columns {
    Axes outer;     // rows of the cell space; a row is `row_cells` neighbouring cells
    Axes elements;  // operands as the kernel says
    Plane plane;    // rows of (folded) elements again, where `vectors`
    int64_t outer_count = 1;
    int64_t row_cells = 1;
    int64_t cell_elements = 0;
    int32_t fold = 1;
    int32_t lanes = 1;    // of a strip: a power of two up to 32, each kWidth<T> columns
    int32_t vectors = 0;  // accesses of 16 bytes
    int32_t chunk_tiles = 1;
    int64_t chunks = 1;
    Divisor strips;      // of a row
    Divisor parameters;  // P

    JSNORM_HD int64_t row_columns() const { return row_cells * fold; }
    JSNORM_HD int64_t rows() const { return divide_up(cell_elements, fold); }
    JSNORM_HD int64_t full_rows() const { return cell_elements / fold; }
    // Columns of row `row` that have an element.
    JSNORM_HD int64_t row_length(int64_t row) const {
        const int64_t rest = cell_elements - row * fold;
        return (rest < fold ? rest : fold) * row_cells;
    }
};

// Rows of a tile: each thread has kColumnRows, kColumnThreads/lanes threads stand below each other.
JSNORM_HD constexpr int64_t column_tile(int lanes) {
    return int64_t{kColumnRows} * kColumnThreads / lanes;
}

// The strip that a block works on.
struct Strip {
    int64_t outer;
    int64_t first;  // column in the row
};

template <class T>
JSNORM_DEVICE Strip strip_of(const Columns &columns, int64_t index) {
    const int64_t outer = divide(index, columns.strips);
    return {outer, (index - outer * columns.strips.value) * columns.lanes * kWidth<T>};
}

// A thread's place in the strip: neighbouring threads have neighbouring columns.
template <class T>
struct ColumnThread {
    int lane;       // its columns begin at lane*kWidth<T>
    int row;        // of the rows that the block reads at once
    int row_lanes;  // how many those are

    JSNORM_DEVICE explicit ColumnThread(const Columns &columns) {
        const int thread = static_cast<int>(threadIdx.x);
        lane = thread % columns.lanes;
        row = thread / columns.lanes;
        row_lanes = kColumnThreads / columns.lanes;
    }
    JSNORM_DEVICE int column() const { return lane * kWidth<T>; }
};

// kRows steps of rows: row first + i*row_lanes + thread.row in vector i.
template <class T, int kRows>
struct ColumnTile {
    Vec<T, kWidth<T>> vectors[kRows];
};

// Where the steps begin, and whether the tile is whole: no thread holds a part of a vector.
struct ColumnSpan {
    Strip strip;
    int64_t first;
    bool direct;  // by accesses of 16 bytes
};

template <int kRows, class T>
JSNORM_DEVICE ColumnSpan column_span(const Columns &columns, const ColumnThread<T> &thread,
                                     const Strip &strip, int64_t first) {
    const int64_t end = first + int64_t{kRows} * thread.row_lanes;
    return {strip, first,
            columns.vectors != 0 && (end <= columns.full_rows() ||
                                     columns.full_rows() == columns.rows())};
}

// Whether vector i of a thread is in the tensor, if only in part.
template <class T>
JSNORM_DEVICE bool holds_row(const Columns &columns, const ColumnThread<T> &thread,
                             const ColumnSpan &span, int i) {
    const int64_t row = span.first + i * thread.row_lanes + thread.row;
    return row < columns.rows() && span.strip.first + thread.column() < columns.row_columns();
}

// Calls body(offset, index) for the elements of the tile that exist, one by one, and body(-1, index)
// for those that do not; `index` is that of staging.
template <class T, int kRows, class Body>
JSNORM_DEVICE void for_staged(const Columns &columns, const ColumnSpan &span, int operand,
                              const Body &body) {
    const int width = columns.lanes * kWidth<T>;
    const int64_t base = offset_of(columns.outer, span.strip.outer, operand) + span.strip.first;
    JSNORM_ROLLED
    for (int index = static_cast<int>(threadIdx.x); index < kRows * kColumnThreads * kWidth<T>;
         index += kColumnThreads) {
        const int64_t row = span.first + index / width;
        const int column = index % width;
        const bool exists =
            row < columns.rows() && span.strip.first + column < columns.row_length(row);
        body(exists ? base + offset_of(columns.elements, row * columns.fold, operand) + column
                    : int64_t{-1},
             index);
    }
}

// Fills staging with value(offset) of each element, and takes this thread's vectors from there.
template <class T, int kRows, class Value>
JSNORM_DEVICE void gather_columns(ColumnTile<T, kRows> &tile, const Columns &columns,
                                  const ColumnSpan &span, int operand, shared<T> staging,
                                  const Value &value) {
    __syncthreads();
    for_staged<T, kRows>(columns, span, operand, [&](int64_t offset, int index) {
        staging[index] = offset < 0 ? T{} : value(offset);
    });
    __syncthreads();
    const shared<const Vec<T, kWidth<T>>> vectors = shared_cast<const Vec<T, kWidth<T>>>(staging);
    JSNORM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        tile.vectors[i] = vectors[i * kColumnThreads + static_cast<int>(threadIdx.x)];
    }
}

// Element offset of the thread's vectors in an operand, the first row step at `place`.
template <class T>
JSNORM_DEVICE int64_t strip_offset(const Columns &columns, const ColumnThread<T> &thread,
                                   const ColumnSpan &span, int operand) {
    return offset_of(columns.outer, span.strip.outer, operand) + span.strip.first +
           thread.column();
}

// Elements that do not exist are 0. kLast: nobody will read these elements again.
template <bool kLast, class T, int kRows>
JSNORM_DEVICE void load_columns(ColumnTile<T, kRows> &tile, global<const T> tensor,
                                const Columns &columns, const ColumnThread<T> &thread,
                                const ColumnSpan &span, int operand, shared<T> staging) {
    constexpr int kV = kWidth<T>;
    if (!span.direct) {
        gather_columns(tile, columns, span, operand, staging,
                       [&](int64_t offset) { return load(tensor + offset); });
        return;
    }
    const global<const T> strip = tensor + strip_offset(columns, thread, span, operand);
    const PlanePlace place = place_of(columns.plane, span.first);
    JSNORM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        tile.vectors[i] = Vec<T, kV>{};
        if (holds_row(columns, thread, span, i)) {
            const global<const T> p =
                strip + plane_offset(columns.plane, place, i * thread.row_lanes + thread.row,
                                     operand);
            tile.vectors[i] = kLast ? load_vec_last<kV>(p) : load_vec<kV>(p);
        }
    }
}

template <class T, int kRows>
JSNORM_DEVICE void store_columns(const ColumnTile<T, kRows> &tile, global<T> tensor,
                                 const Columns &columns, const ColumnThread<T> &thread,
                                 const ColumnSpan &span, int operand, shared<T> staging) {
    constexpr int kV = kWidth<T>;
    if (span.direct) {
        const global<T> strip = tensor + strip_offset(columns, thread, span, operand);
        const PlanePlace place = place_of(columns.plane, span.first);
        JSNORM_UNROLL
        for (int i = 0; i < kRows; ++i) {
            if (holds_row(columns, thread, span, i)) {
                store_vec<kV>(strip + plane_offset(columns.plane, place,
                                                   i * thread.row_lanes + thread.row, operand),
                              tile.vectors[i]);
            }
        }
        return;
    }
    const shared<Vec<T, kV>> vectors = shared_cast<Vec<T, kV>>(staging);
    __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        vectors[i * kColumnThreads + static_cast<int>(threadIdx.x)] = tile.vectors[i];
    }
    __syncthreads();
    for_staged<T, kRows>(columns, span, operand, [&](int64_t offset, int index) {
        if (offset >= 0) store(tensor + offset, T(staging[index]));
    });
}

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

// Every thread puts its value of column e of its own into a shared array of kColumnThreads*kWidth<T>:
// threads of a warp write, and later read, neighbours.
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
