// SPDX-License-Identifier: Apache-2.0
// The columns family: neighbouring cells are neighbours in memory (NHWC; (N, C)). A tensor is a
// matrix: a column is a cell, a line is one element of every cell of a run of neighbouring cells (a
// pixel of NHWC). A block takes a strip of neighbouring columns; every thread keeps to kWidth<T>
// columns and walks down lines. No thread waits for another on its way.
//
//                 strip of a block
//                 |<- lanes * kWidth<T> ->|
//     line 0      c0 c1 c2 ...                     one access of 16 bytes: kWidth<T> columns
//     line 1      c0 c1 c2 ...                     `height` lines at once, one a thread
//     ...         tile: kTileLines of these steps
//
// Tiles are dealt out to chunks in turn: chunk c has tiles c, c + chunks, ... So all blocks are
// near each other in memory at all times, and what was read last, and may still be in the L2 cache,
// is the end of the tensor, where apply kernels begin.
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

// What a kernel is compiled for.
enum class ColumnPath : int {
    kPlain,     // 16-byte accesses at a constant step from line to line, no optional operand
    kOptional,  // the same with optional operands
    kAny,       // any layout and alignment, optional operands
};

struct Columns {
    AxisMap outer;     // runs of the cell space: each has `line_cells` neighbouring cells
    AxisMap elements;  // operands as the kernel says
    int64_t line_step[kMaxOperands] = {};  // from a (folded) line to the next, where `stepped`
    int64_t line_cells = 1;
    int64_t line_columns = 1;  // line_cells * fold
    int64_t cell_elements = 0;
    int64_t lines = 0;
    int64_t tiles = 0;
    int64_t apply_tiles = 1;  // of a block of an apply kernel
    int64_t all_columns = 0;  // of the whole tensor: entries of a chunk's partial results
    int32_t fold = 1;
    int32_t lanes = 1;    // of a strip: vectors of kWidth<T> columns
    int32_t height = 1;   // lines that a block reads at once
    int32_t vectors = 0;  // accesses of 16 bytes
    int32_t stepped = 0;  // and lines at constant steps in every operand
    Divisor chunks;
    Divisor strips;      // of a line
    Divisor all_strips;  // of the whole tensor
    Divisor cells;       // line_cells again
    Divisor parameters;  // P

    JSNORM_HD int64_t tile_lines() const { return int64_t{kTileLines} * height; }
    // Units of work of a reduction: chunks of strips; of an apply kernel: runs of tiles.
    JSNORM_HD int64_t units() const { return all_strips.value * chunks.value; }
    JSNORM_HD int64_t apply_units() const {
        return all_strips.value * divide_up(tiles, apply_tiles);
    }
    // Tiles of one of an apply kernel's runs.
    JSNORM_HD int64_t tiles_of_run(int64_t run) const {
        const int64_t left = tiles - run * apply_tiles;
        return left < apply_tiles ? left : apply_tiles;
    }
    // Columns of the last line that have an element: fewer where it is cut short.
    JSNORM_HD int64_t last_length() const {
        return (cell_elements - (lines - 1) * fold) * line_cells;
    }
};

// The strip that a block works on.
struct Strip {
    int64_t outer;
    int64_t first;  // column in the line
};

// A unit of work: all strips of the first part (chunk, or run of tiles), then of the next.
struct ColumnUnit {
    int64_t part;
    Strip strip;
};

template <class T>
JSNORM_DEVICE ColumnUnit unit_of(const Columns &columns, int64_t unit) {
    const int64_t part = divide(unit, columns.all_strips);
    const int64_t strip = unit - part * columns.all_strips.value;
    const int64_t outer = divide(strip, columns.strips);
    return {part, {outer, (strip - outer * columns.strips.value) * columns.lanes * kWidth<T>}};
}

// The cell of a column of a line.
JSNORM_DEVICE int64_t cell_of(const Columns &columns, const Strip &strip, int64_t in_line) {
    const int64_t remainder = columns.fold == 1 ? 0 : divide(in_line, columns.cells);
    return strip.outer * columns.line_cells + (in_line - remainder * columns.line_cells);
}

// A thread's place in the strip: neighbouring threads have neighbouring columns.
struct ColumnThread {
    int lane;  // its columns begin at lane*kWidth<T>
    int line;  // of the lines that the block reads at once; those from `height` on are not there

    JSNORM_DEVICE explicit ColumnThread(const Columns &columns) {
        const int thread = static_cast<int>(threadIdx.x);
        line = thread / columns.lanes;
        lane = thread - line * columns.lanes;
    }
};

JSNORM_DEVICE int clamp_to_int(int64_t value, int most) {
    return static_cast<int>(value < 0 ? 0 : value < most ? value : most);
}

// The lines of a thread: kTileLines of every tile `tile_step` lines after the last one, beginning
// with tile `tile`. The last line of the tensor may have only the first `partial` of the thread's
// columns: it is counted apart, and follows the others.
struct ColumnWalk {
    int64_t first;      // line
    int64_t tile_step;  // in lines
    int count;          // lines with all of the thread's columns
    int width;          // columns of the thread
    int partial;

    JSNORM_DEVICE int elements_of(int e) const {
        return e < width ? count + (e < partial ? 1 : 0) : 0;
    }
    // Of line i of the thread.
    JSNORM_DEVICE int64_t line(int i, int height) const {
        return first + i / kTileLines * tile_step + int64_t{i % kTileLines} * height;
    }
};

// `tiles` tiles, from `tile` on, each `step` behind the one before.
template <class T>
JSNORM_DEVICE ColumnWalk column_walk(const Columns &columns, const ColumnThread &thread,
                                     const Strip &strip, int64_t tile, int64_t step,
                                     int64_t tiles) {
    const int64_t column = strip.first + thread.lane * kWidth<T>;
    ColumnWalk walk = {tile * columns.tile_lines() + thread.line, step * columns.tile_lines(), 0, 0,
                       0};
    if (thread.line >= columns.height || column >= columns.line_columns) return walk;
    walk.width = clamp_to_int(columns.line_columns - column, kWidth<T>);
    walk.count = static_cast<int>(tiles) * kTileLines;
    if (tile + (tiles - 1) * step != columns.tiles - 1) return walk;
    // The tensor's last tile: lines of the thread in it, and whether its last one is cut short.
    const int64_t last_first = (columns.tiles - 1) * columns.tile_lines() + thread.line;
    const auto rest = static_cast<int>(columns.lines - 1 - last_first);
    const int after_first = rest < 0 ? 0 : rest / columns.height;
    walk.count += rest < 0 ? -kTileLines : after_first + 1 - kTileLines;
    const int present = clamp_to_int(columns.last_length() - column, walk.width);
    if (rest >= 0 && rest == after_first * columns.height && present < walk.width) {
        walk.count -= 1;
        walk.partial = present;
    }
    return walk;
}

// Of an apply kernel: the unit's run of tiles.
template <class T>
JSNORM_DEVICE ColumnWalk apply_walk(const Columns &columns, const ColumnThread &thread,
                                    const ColumnUnit &unit, int64_t tiles) {
    const int64_t first = unit.part * columns.apply_tiles;
    return column_walk<T>(columns, thread, unit.strip, first, 1, tiles);
}

// Of a reduction: the chunk's tiles.
template <class T>
JSNORM_DEVICE ColumnWalk chunk_walk(const Columns &columns, const ColumnThread &thread,
                                    const ColumnUnit &unit) {
    const int64_t tiles = divide(columns.tiles - 1 - unit.part, columns.chunks) + 1;
    return column_walk<T>(columns, thread, unit.strip, unit.part, columns.chunks.value, tiles);
}

}  // namespace jsnorm::gpu
