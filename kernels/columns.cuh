// SPDX-License-Identifier: Apache-2.0
// The columns family: neighbouring cells are neighbours in memory (NHWC; (N, C)). A block takes a
// strip of neighbouring cells and walks down the elements; every thread keeps to kWidth<T> columns
// of it.
//
// Where a row of cells is not a multiple of 16 bytes, `fold` rows are taken as one (C = 18 in half:
// 4 rows of 18 are 9 vectors), so that accesses of 16 bytes reach every tensor without gaps. A
// folded column is a cell and a remainder of the element index modulo fold; the parts of a cell are
// merged later, like its chunks.
//
// Where memory does not allow accesses of 16 bytes, and in the last, incomplete folded row, a tile
// is gathered in shared memory element by element, and scattered from there: what a thread holds,
// and so every bit of the result, is the same.
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

// Calls body(exists, offset, index) for the elements of the tile, one by one; `index` is that of
// staging.
template <class T, int kRows, class Body>
JSNORM_DEVICE void for_staged(const Columns &columns, const ColumnSpan &span, int operand,
                              const Body &body) {
    const int width = columns.lanes * kWidth<T>;
    const int64_t base = offset_of(columns.outer, span.strip.outer, operand) + span.strip.first;
    JSNORM_ROLLED
    for (int index = static_cast<int>(threadIdx.x); index < kRows * kColumnThreads * kWidth<T>;
         index += kColumnThreads) {
        const int row = index / width;
        const int column = index % width;
        const bool exists = column < span.columns_of(row);
        int64_t offset = 0;
        if (exists) {
            offset = base + column +
                     offset_of(columns.elements, (span.first + row) * columns.fold, operand);
        }
        body(exists, offset, index);
    }
}

// Fills staging with value(offset) of each element, and takes this thread's vectors from there.
template <class T, int kRows, class Value>
JSNORM_DEVICE void gather_columns(ColumnTile<T, kRows> &tile, const Columns &columns,
                                  const ColumnSpan &span, int operand, shared<T> staging,
                                  const Value &value) {
    __syncthreads();
    for_staged<T, kRows>(columns, span, operand, [&](bool exists, int64_t offset, int index) {
        staging[index] = exists ? value(offset) : T{};
    });
    __syncthreads();
    const shared<const Pack<T>> vectors = shared_cast<const Pack<T>>(staging);
    JSNORM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        tile.vectors[i] = vectors[i * kColumnThreads + static_cast<int>(threadIdx.x)];
    }
}

// Element offset of the thread's vectors in an operand, the first row step at `place`.
template <class T>
JSNORM_DEVICE int64_t strip_offset(const Columns &columns, const ColumnThread<T> &thread,
                                   const ColumnSpan &span, int operand) {
    return offset_of(columns.outer, span.strip.outer, operand) + span.strip.first + thread.column();
}

// Elements that do not exist are 0. kLast: nobody will read these elements again.
template <bool kLast, class T, int kRows>
JSNORM_DEVICE void load_columns(ColumnTile<T, kRows> &tile, global<const T> tensor,
                                const Columns &columns, const ColumnThread<T> &thread,
                                const ColumnSpan &span, int operand, shared<T> staging) {
    if (!span.direct) {
        gather_columns(tile, columns, span, operand, staging,
                       [&](int64_t offset) { return load(tensor + offset); });
        return;
    }
    const global<const T> strip = tensor + strip_offset(columns, thread, span, operand);
    const PlanePlace place = place_of(columns.plane, span.first);
    JSNORM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        tile.vectors[i] = Pack<T>{};
        if (holds_row(thread, span, i)) {
            const global<const T> p =
                strip +
                plane_offset(columns.plane, place, i * thread.row_lanes + thread.row, operand);
            tile.vectors[i] = load_pack<kLast, T>(p);
        }
    }
}

template <class T, int kRows>
JSNORM_DEVICE void store_columns(const ColumnTile<T, kRows> &tile, global<T> tensor,
                                 const Columns &columns, const ColumnThread<T> &thread,
                                 const ColumnSpan &span, int operand, shared<T> staging) {
    if (span.direct) {
        const global<T> strip = tensor + strip_offset(columns, thread, span, operand);
        const PlanePlace place = place_of(columns.plane, span.first);
        const int row = opaque(thread.row);
        JSNORM_UNROLL
        for (int i = 0; i < kRows; ++i) {
            if (holds_row(thread, span, i)) {
                store_pack<T>(
                    strip + plane_offset(columns.plane, place, i * thread.row_lanes + row, operand),
                    tile.vectors[i]);
            }
        }
        return;
    }
    const shared<Pack<T>> vectors = shared_cast<Pack<T>>(staging);
    __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        vectors[i * kColumnThreads + static_cast<int>(threadIdx.x)] = tile.vectors[i];
    }
    __syncthreads();
    for_staged<T, kRows>(columns, span, operand, [&](bool exists, int64_t offset, int index) {
        if (exists) store(tensor + offset, T(staging[index]));
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
