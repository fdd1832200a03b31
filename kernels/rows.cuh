// SPDX-License-Identifier: Apache-2.0
// The rows family: the elements of a cell are contiguous, or treated as if they were. A row (cell)
// belongs to kLanes threads, which hold a tile of it in registers: kVectors vectors of 16 bytes
// each, vector i of a lane being the (i*kLanes + lane)-th of the tile.
//
// Where memory does not allow accesses of 16 bytes (an unaligned pointer, odd lengths, strides) a
// tile is gathered in shared memory element by element, and scattered from there: what a lane
// holds, and so every bit of the result, is the same.
#pragma once

#include "kernels/axes.cuh"
#include "kernels/block_memory.cuh"
#include "kernels/moments.cuh"
#include "kernels/parameters.cuh"
#include "kernels/sums.cuh"

namespace jsnorm::gpu {

inline constexpr int kVectors = 8;

template <class T>
JSNORM_HD constexpr int64_t row_tile(int lanes) {
    return int64_t{lanes} * kWidth<T> * kVectors;
}

// Threads of a block: several rows where a row has few lanes.
template <int kLanes>
inline constexpr int kRowThreads = kLanes < 128 ? 128 : kLanes;
template <int kLanes>
inline constexpr int kRowsPerBlock = kRowThreads<kLanes> / kLanes;

// Where rows lie, and how they are cut: whole tiles, `chunk_tiles` of them a chunk.
struct Rows {
    Axes cells;
    Axes elements;
    Plane plane;  // the elements again, where `vectors`
    int64_t cell_count = 0;
    int64_t cell_elements = 0;
    int32_t vectors = 0;  // accesses of 16 bytes
    int32_t chunk_tiles = 1;
    int64_t chunks = 1;
};

template <class T>
struct Tile {
    Pack<T> vectors[kVectors];
};

// Which row of its block and which lane of it a thread is.
template <int kLanes>
struct RowThread {
    int lane = static_cast<int>(threadIdx.x) % kLanes;
    int row = static_cast<int>(threadIdx.x) / kLanes;
};

// A tile: elements [first, first + count) of a cell. count is 0 where the row does not exist; its
// threads take part all the same.
struct RowSpan {
    int64_t cell = 0;
    int64_t first = 0;
    int count = 0;
};

template <class T, int kLanes>
JSNORM_DEVICE RowSpan row_span(const Rows &rows, int64_t cell, int64_t tile) {
    const int64_t first = tile * row_tile<T>(kLanes);
    const int64_t rest = rows.cell_elements - first;
    const int64_t length = rest < row_tile<T>(kLanes) ? rest : row_tile<T>(kLanes);
    return {cell, first, cell < rows.cell_count ? static_cast<int>(length) : 0};
}

// Index in the tile of the first element of vector i.
template <class T, int kLanes>
JSNORM_DEVICE int vector_index(int i, int lane) {
    return (i * kLanes + lane) * kWidth<T>;
}

// Fills the row's part of `staging` with value(offset, index) of each element, and the rest of its
// last vector with 0. staging: the elements of a tile for each row of the block, all of whose
// threads take part.
template <class T, int kLanes, class Value>
JSNORM_DEVICE void stage_tile(const Rows &rows, const RowSpan &span, int operand, shared<T> staging,
                              const Value &value) {
    const RowThread<kLanes> thread;
    const shared<T> part = staging + thread.row * static_cast<int>(row_tile<T>(kLanes));
    const int64_t base = span.count > 0 ? offset_of(rows.cells, span.cell, operand) : 0;
    const int padded = (span.count + kWidth<T> - 1) / kWidth<T> * kWidth<T>;
    __syncthreads();
    JSNORM_ROLLED
    for (int index = thread.lane; index < padded; index += kLanes) {
        T element = {};
        if (index < span.count) {
            element = value(base + offset_of(rows.elements, span.first + index, operand), index);
        }
        part[index] = element;
    }
    __syncthreads();
}

// Through staging into this lane's vectors.
template <class T, int kLanes, class Value>
JSNORM_DEVICE void gather_tile(Tile<T> &tile, const Rows &rows, const RowSpan &span, int operand,
                               shared<T> staging, const Value &value) {
    const RowThread<kLanes> thread;
    stage_tile<T, kLanes>(rows, span, operand, staging, value);
    const shared<const Pack<T>> vectors =
        shared_cast<const Pack<T>>(staging + thread.row * static_cast<int>(row_tile<T>(kLanes)));
    JSNORM_UNROLL
    for (int i = 0; i < kVectors; ++i) {
        if (vector_index<T, kLanes>(i, thread.lane) < span.count) {
            tile.vectors[i] = vectors[i * kLanes + thread.lane];
        }
    }
}

// Vectors beyond the span are 0. kLast: nobody will read these elements again.
template <bool kLast, class T, int kLanes>
JSNORM_DEVICE void load_tile(Tile<T> &tile, global<const T> tensor, const Rows &rows,
                             const RowSpan &span, int operand, shared<T> staging) {
    const int lane = RowThread<kLanes>().lane;
    JSNORM_UNROLL
    for (int i = 0; i < kVectors; ++i) tile.vectors[i] = Pack<T>{};
    if (rows.vectors == 0) {
        gather_tile<T, kLanes>(tile, rows, span, operand, staging,
                               [&](int64_t offset, int) { return load(tensor + offset); });
        return;
    }
    if (span.count == 0) return;
    const global<const T> cell = tensor + offset_of(rows.cells, span.cell, operand);
    const PlanePlace place = place_of(rows.plane, span.first);
    JSNORM_UNROLL
    for (int i = 0; i < kVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            const global<const T> p = cell + plane_offset(rows.plane, place, index, operand);
            tile.vectors[i] = load_pack<kLast, T>(p);
        }
    }
}

// A second tensor, taken vector by vector while the first is in registers.
template <class T, int kLanes>
struct VectorSource {
    global<const T> cell;
    PlanePlace place;
    shared<const Pack<T>> staged;
    bool direct;
    int operand;

    JSNORM_DEVICE Pack<T> vector(const Rows &rows, int i, int lane) const {
        if (!direct) return staged[i * kLanes + lane];
        const int index = vector_index<T, kLanes>(i, lane);
        return load_pack<true, T>(cell + plane_offset(rows.plane, place, index, operand));
    }
};

// staging is taken until the last vector has been read.
template <class T, int kLanes>
JSNORM_DEVICE VectorSource<T, kLanes> vector_source(global<const T> tensor, const Rows &rows,
                                                    const RowSpan &span, int operand,
                                                    shared<T> staging) {
    VectorSource<T, kLanes> source = {};
    source.operand = operand;
    source.direct = rows.vectors != 0;
    if (source.direct) {
        if (span.count > 0) source.cell = tensor + offset_of(rows.cells, span.cell, operand);
        source.place = place_of(rows.plane, span.first);
    } else {
        stage_tile<T, kLanes>(rows, span, operand, staging,
                              [&](int64_t offset, int) { return load(tensor + offset); });
        source.staged = shared_cast<const Pack<T>>(
            staging + RowThread<kLanes>().row * static_cast<int>(row_tile<T>(kLanes)));
    }
    return source;
}

template <class T, int kLanes>
JSNORM_DEVICE void store_tile(const Tile<T> &tile, global<T> tensor, const Rows &rows,
                              const RowSpan &span, int operand, shared<T> staging) {
    const RowThread<kLanes> thread;
    const int64_t base = span.count > 0 ? offset_of(rows.cells, span.cell, operand) : 0;
    if (rows.vectors != 0) {
        if (span.count == 0) return;
        const PlanePlace place = place_of(rows.plane, span.first);
        const int lane = opaque(thread.lane);
        JSNORM_UNROLL
        for (int i = 0; i < kVectors; ++i) {
            const int index = vector_index<T, kLanes>(i, lane);
            if (index < span.count) {
                store_pack<T>(tensor + (base + plane_offset(rows.plane, place, index, operand)),
                              tile.vectors[i]);
            }
        }
        return;
    }
    const shared<T> part = staging + thread.row * static_cast<int>(row_tile<T>(kLanes));
    const shared<Pack<T>> vectors = shared_cast<Pack<T>>(part);
    __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kVectors; ++i) {
        if (vector_index<T, kLanes>(i, thread.lane) < span.count) {
            vectors[i * kLanes + thread.lane] = tile.vectors[i];
        }
    }
    __syncthreads();
    JSNORM_ROLLED
    for (int index = thread.lane; index < span.count; index += kLanes) {
        store(tensor + (base + offset_of(rows.elements, span.first + index, operand)),
              T(part[index]));
    }
}

// The tiles of all rows, kRowsPerBlock<kLanes> rows at a time, tile by tile. In reverse order: the
// pass before read the last ones last.
template <class T, int kLanes>
struct ReverseTiles {
    int64_t blocks;
    int64_t tiles;

    JSNORM_DEVICE explicit ReverseTiles(const Rows &rows)
        : blocks(divide_up(rows.cell_count, kRowsPerBlock<kLanes>)),
          tiles(divide_up(rows.cell_elements, row_tile<T>(kLanes))) {}
    JSNORM_DEVICE int64_t count() const { return blocks * tiles; }
    // This thread's, after `done` others.
    JSNORM_DEVICE RowSpan span(const Rows &rows, int64_t done) const {
        const int64_t unit = count() - 1 - done;
        const int64_t tile = unit / blocks;
        const int64_t first = (unit - tile * blocks) * kRowsPerBlock<kLanes>;
        return row_span<T, kLanes>(rows, first + RowThread<kLanes>().row, tile);
    }
};

// Calls body(i, e) for the elements of the span that this lane holds.
template <class T, int kLanes, class Body>
JSNORM_DEVICE void for_elements(const RowSpan &span, const Body &body) {
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    JSNORM_UNROLL
    for (int i = 0; i < kVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index + kV <= span.count) {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) body(i, e);
        } else if (index < span.count) {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (index + e < span.count) body(i, e);
            }
        }
    }
}

}  // namespace jsnorm::gpu
