// SPDX-License-Identifier: Apache-2.0
// The columns family: neighbouring cells are neighbours in memory (NHWC; (N, C)). A tensor is a
// matrix: a column is a cell, a line is one element of every cell of a run of neighbouring cells (a
// pixel of NHWC). A block takes a strip of neighbouring columns and walks down the lines; every
// thread keeps to kWidth<T> columns.
//
//                 strip of a block
//                 |<- lanes * kWidth<T> ->|
//     line 0      c0 c1 c2 ...                     one access of 16 bytes: kWidth<T> columns
//     line 1      c0 c1 c2 ...                     kColumnThreads/lanes lines at once
//     ...         tile: kTileLines of these steps; chunk: chunk_tiles tiles, one partial result
//
// Where a line is no multiple of 16 bytes, `fold` lines are taken as one (C = 18 in half: 4 lines
// of 18 are 9 vectors), so that accesses of 16 bytes reach every tensor without gaps. A folded
// column is a cell and a remainder of the element index modulo fold; the parts of a cell are merged
// later, like its chunks.
#pragma once

#include "kernels/math/limits.cuh"
#include "kernels/tensor/axes.cuh"
#include "kernels/tensor/pack.cuh"

namespace jsnorm::gpu {

struct Columns {
    AxisMap outer;     // runs of the cell space: each has `line_cells` neighbouring cells
    AxisMap elements;  // operands as the kernel says
    Plane plane;       // (folded) lines again, where `vectors`
    int64_t outer_count = 1;
    int64_t line_cells = 1;
    int64_t cell_elements = 0;
    int32_t fold = 1;
    int32_t lanes = 1;    // of a strip: a power of two up to 32, each kWidth<T> columns
    int32_t vectors = 0;  // accesses of 16 bytes
    int32_t chunk_tiles = 1;
    int64_t chunks = 1;
    Divisor strips;      // of a line
    Divisor parameters;  // P

    JSNORM_HD int64_t line_columns() const { return line_cells * fold; }
    JSNORM_HD int64_t lines() const { return divide_up(cell_elements, fold); }
    // Of the whole tensor: entries of a chunk's partial results.
    JSNORM_HD int64_t all_columns() const { return outer_count * line_columns(); }
    // Units of work of a launch: chunks of strips.
    JSNORM_HD int64_t units() const { return outer_count * strips.value * chunks; }
    // Columns of a line that have an element: fewer in the last folded line.
    JSNORM_HD int64_t line_length(int64_t line) const {
        const int64_t rest = cell_elements - line * fold;
        return (rest < fold ? rest : fold) * line_cells;
    }
};

// The strip that a block works on.
struct Strip {
    int64_t outer;
    int64_t first;  // column in the line
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
    int lane;   // its columns begin at lane*kWidth<T>
    int line;   // of the lines that the block reads at once
    int lines;  // how many those are

    JSNORM_DEVICE explicit ColumnThread(const Columns &columns) {
        const int thread = static_cast<int>(threadIdx.x);
        lane = thread % columns.lanes;
        line = thread / columns.lanes;
        lines = kColumnThreads / columns.lanes;
    }
    JSNORM_DEVICE int column() const { return lane * kWidth<T>; }
    // The line of vector i, from the first of the tile.
    JSNORM_DEVICE int line_of(int i) const { return i * lines + line; }
};

// What a thread holds of kSteps steps of lines: vector i is of line thread.line_of(i).
template <class T, int kSteps>
struct ColumnTile {
    Pack<T> vectors[kSteps];
};

// Where a tile begins, and how many lines and columns there are from there: of a line, and of the
// last line, which may be short.
struct ColumnSpan {
    Strip strip;
    int64_t first;
    int lines;
    int columns;
    int last_columns;
    bool direct;  // by accesses of 16 bytes: every vector is there as a whole

    JSNORM_DEVICE int columns_of(int line) const {
        return line < lines - 1 ? columns : line == lines - 1 ? last_columns : 0;
    }
};

JSNORM_DEVICE int clamp_to_int(int64_t value) {
    constexpr int64_t kMost = 1 << 30;
    return static_cast<int>(value < 0 ? 0 : value < kMost ? value : kMost);
}

template <int kSteps, class T>
JSNORM_DEVICE ColumnSpan column_span(const Columns &columns, const ColumnThread<T> &thread,
                                     const Strip &strip, int64_t first) {
    const int64_t span = int64_t{kSteps} * thread.lines;
    const int64_t rest = columns.lines() - first;
    const int64_t last_length = columns.line_length(columns.lines() - 1);
    const int64_t width = columns.line_columns() - strip.first;
    return {strip,
            first,
            clamp_to_int(rest),
            clamp_to_int(width),
            clamp_to_int(last_length - strip.first),
            columns.vectors != 0 && (rest > span || last_length == columns.line_columns())};
}

// Whether vector i of a thread is in the tensor, if only in part.
template <class T>
JSNORM_DEVICE bool holds_vector(const ColumnThread<T> &thread, const ColumnSpan &span, int i) {
    return thread.line_of(i) < span.lines && thread.column() < span.columns;
}

// Calls body(i, e) for the elements of a tile that the thread holds.
template <class T, int kSteps, class Body>
JSNORM_DEVICE void for_column_elements(const ColumnThread<T> &thread, const ColumnSpan &span,
                                       const Body &body) {
    constexpr int kV = kWidth<T>;
    if (span.direct) {
        JSNORM_UNROLL
        for (int i = 0; i < kSteps; ++i) {
            if (holds_vector(thread, span, i)) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) body(i, e);
            }
        }
    } else {
        JSNORM_UNROLL
        for (int i = 0; i < kSteps; ++i) {
            const int length = span.columns_of(thread.line_of(i));
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (thread.column() + e < length) body(i, e);
            }
        }
    }
}

// Calls body(span) for the tiles of a chunk, the last one first: the pass before read it last.
template <int kSteps, class T, class Body>
JSNORM_DEVICE void for_tiles_backwards(const Columns &columns, const ColumnThread<T> &thread,
                                       const ColumnUnit &unit, const Body &body) {
    const int64_t step = int64_t{kSteps} * thread.lines;
    const int64_t steps = lines_of_tile(columns.lanes) * columns.chunk_tiles / step;
    JSNORM_ROLLED
    for (int64_t back = 0; back < steps; ++back) {
        const int64_t first = (unit.chunk * steps + (steps - 1 - back)) * step;
        if (first >= columns.lines()) continue;
        body(column_span<kSteps>(columns, thread, unit.strip, first));
    }
}

}  // namespace jsnorm::gpu
