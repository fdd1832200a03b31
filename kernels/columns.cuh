// SPDX-License-Identifier: Apache-2.0
// The columns family: neighbouring cells are neighbours in memory (NHWC; (N, C)). A block takes a
// strip of neighbouring cells and walks down the elements; every thread keeps to kWidth<T> columns
// of it.
//
// Where a row of cells is not a multiple of 16 bytes, `fold` rows are taken as one (C = 18 in half:
// 4 rows of 18 are 9 vectors), so that accesses of 16 bytes reach every tensor without gaps. A
// folded column is a cell and a remainder of the element index modulo fold; the parts of a cell are
// merged later, like its chunks.
#pragma once

#include "kernels/axes.cuh"
#include "kernels/pack.cuh"

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
    // What blocks take: chunks of strips.
    JSNORM_HD int64_t units() const { return outer_count * strips.value * chunks; }
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

// A unit of work: all strips of the first chunk, then of the next.
struct ColumnUnit {
    int64_t chunk;
    Strip strip;
};

template <class T>
JSNORM_DEVICE ColumnUnit unit_of(const Columns &columns, int64_t unit) {
    const int64_t strips = columns.outer_count * columns.strips.value;
    const int64_t chunk = unit / strips;
    const int64_t strip = unit - chunk * strips;
    const int64_t outer = divide(strip, columns.strips);
    return {chunk, {outer, (strip - outer * columns.strips.value) * columns.lanes * kWidth<T>}};
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
    Pack<T> vectors[kRows];
};

// Where the steps begin, and how many rows and columns there are from there: of a row, and of the
// last row, which may be short.
struct ColumnSpan {
    Strip strip;
    int64_t first;
    int rows;
    int columns;
    int last_columns;
    bool direct;  // by accesses of 16 bytes: no vector is there in part

    JSNORM_DEVICE int columns_of(int row) const {
        return row < rows - 1 ? columns : row == rows - 1 ? last_columns : 0;
    }
};

JSNORM_DEVICE int clamp_to_int(int64_t value) {
    constexpr int64_t kMost = 1 << 30;
    return static_cast<int>(value < 0 ? 0 : value < kMost ? value : kMost);
}

template <int kRows, class T>
JSNORM_DEVICE ColumnSpan column_span(const Columns &columns, const ColumnThread<T> &thread,
                                     const Strip &strip, int64_t first) {
    const int64_t span = int64_t{kRows} * thread.row_lanes;
    const int64_t rest = columns.rows() - first;
    const int64_t last_length = columns.row_length(columns.rows() - 1);
    const int64_t width = columns.row_columns() - strip.first;
    return {strip,
            first,
            clamp_to_int(rest),
            clamp_to_int(width),
            clamp_to_int(last_length - strip.first),
            columns.vectors != 0 && (rest > span || last_length == columns.row_columns())};
}

// Whether vector i of a thread is in the tensor, if only in part.
template <class T>
JSNORM_DEVICE bool holds_row(const ColumnThread<T> &thread, const ColumnSpan &span, int i) {
    return i * thread.row_lanes + thread.row < span.rows && thread.column() < span.columns;
}

}  // namespace jsnorm::gpu
