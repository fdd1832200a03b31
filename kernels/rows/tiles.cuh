// SPDX-License-Identifier: Apache-2.0
// Tiles of rows between memory and registers. Where RowAccess allows it, a lane accesses its
// vectors directly. Elsewhere (lengths and pointers that are no multiple of 16 bytes, strides) a
// tile goes through shared memory. A lane holds the same elements, so that every bit of the result
// is the same.
#pragma once

#include "kernels/rows/images.cuh"

namespace jsnorm::gpu {

// Shared memory for tiles that lanes cannot access directly.
template <class T>
struct RowStaging {
    shared<T> tiles;  // row_capacity<T>(kLanes) elements for each row of the block
    shared<T> image;  // of a block's spans

    JSNORM_DEVICE RowStaging(shared<unsigned char> memory, const BlockMemory &plan)
        : tiles(shared_cast<T>(memory + plan.staging)),
          image(shared_cast<T>(memory + plan.image)) {}
};

// The staged tile of this thread's row.
template <class T, int kLanes>
JSNORM_DEVICE shared<T> staged_row(const RowStaging<T> &staging) {
    return staging.tiles + RowThread<kLanes>().row * row_capacity<T>(kLanes);
}

// Sets the elements of the staged tile to value(offset), and the rest of its last vector to 0.
// Takes part: every thread of the block.
template <class T, int kLanes, class Value>
JSNORM_DEVICE void stage_elements(const Rows &rows, const RowSpan &span, int operand,
                                  const RowStaging<T> &staging, const Value &value) {
    const RowThread<kLanes> thread;
    const shared<T> part = staged_row<T, kLanes>(staging);
    const int64_t base = span.count > 0 ? offset_of(rows.cells, span.cell, operand) : 0;
    const int padded = (span.count + kWidth<T> - 1) / kWidth<T> * kWidth<T>;
    __syncthreads();
    JSNORM_ROLLED
    for (int index = thread.lane; index < padded; index += kLanes) {
        T element = {};
        if (index < span.count) {
            element = value(base + offset_of(rows.elements, span.first + index, operand));
        }
        part[index] = element;
    }
    __syncthreads();
}

// Where element `index + e` of this thread's tile lies in the image of its block; -1 beyond the
// span.
struct ImagePlace {
    const Rows &rows;
    const RowSpan &span;
    int index;

    JSNORM_DEVICE int operator()(int e) const {
        const int position = index + e;
        if (position >= span.count) return -1;
        const int plane = static_cast<int>(rows.plane.inner.value);
        const int outer = divide_small(position, rows.plane.inner);
        const int row = static_cast<int>(span.cell - span.block.first);
        return outer * rows.image_spacing + (row - outer) * plane + position;
    }
};

// Fills the staged tile, and the rest of its last vector with 0, by accesses of 16 bytes. Takes
// part: every thread of the block.
template <Reuse kReuse, class T, int kLanes>
JSNORM_DEVICE void stage_spans(global<const T> tensor, const Rows &rows, const RowSpan &span,
                               int operand, const RowStaging<T> &staging) {
    const int lane = RowThread<kLanes>().lane;
    const shared<T> part = staged_row<T, kLanes>(staging);
    __syncthreads();
    if (rows.access == RowAccess::kRowSpans) {
        fill_image<kReuse, T>(part, tensor, rows, runs_of_row<kLanes>(rows, span, operand));
        const int padded = (span.count + kWidth<T> - 1) / kWidth<T> * kWidth<T>;
        if (span.count + lane < padded) part[span.count + lane] = T{};
    } else {
        fill_image<kReuse, T>(staging.image, tensor, rows,
                              runs_of_block<kLanes>(rows, span, operand));
        __syncthreads();
        const shared<Pack<T>> vectors = shared_cast<Pack<T>>(part);
        JSNORM_ROLLED
        for (int i = 0; i < kTileVectors; ++i) {
            const int index = vector_index<T, kLanes>(i, lane);
            if (index < span.count) {
                vectors[i * kLanes + lane] =
                    take_elements<T>(staging.image, ImagePlace{rows, span, index});
            }
            __syncwarp();
        }
    }
    __syncthreads();
}

// Takes part: every thread of the block.
template <Reuse kReuse, class T, int kLanes>
JSNORM_DEVICE void stage_tile(global<const T> tensor, const Rows &rows, const RowSpan &span,
                              int operand, const RowStaging<T> &staging) {
    if (rows.access == RowAccess::kElements) {
        stage_elements<T, kLanes>(rows, span, operand, staging,
                                  [&](int64_t offset) { return load(tensor + offset); });
    } else {
        stage_spans<kReuse, T, kLanes>(tensor, rows, span, operand, staging);
    }
}

// This lane's vectors of the staged tile.
template <class T, int kLanes>
JSNORM_DEVICE void take_staged(Tile<T> &tile, const RowSpan &span, const RowStaging<T> &staging) {
    const int lane = RowThread<kLanes>().lane;
    const shared<const Pack<T>> vectors =
        shared_cast<const Pack<T>>(staged_row<T, kLanes>(staging));
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        if (vector_index<T, kLanes>(i, lane) < span.count) {
            tile.vectors[i] = vectors[i * kLanes + lane];
        }
    }
}

// Elements beyond the span are 0. Takes part: every thread of the block.
template <Reuse kReuse, class T, int kLanes>
JSNORM_DEVICE void load_tile(Tile<T> &tile, global<const T> tensor, const Rows &rows,
                             const RowSpan &span, int operand, const RowStaging<T> &staging) {
    const int lane = RowThread<kLanes>().lane;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) tile.vectors[i] = Pack<T>{};
    if (rows.access != RowAccess::kVectors) {
        stage_tile<kReuse, T, kLanes>(tensor, rows, span, operand, staging);
        take_staged<T, kLanes>(tile, span, staging);
        return;
    }
    if (span.count == 0) return;
    const global<const T> cell = tensor + offset_of(rows.cells, span.cell, operand);
    const PlanePlace place = place_of(rows.plane, span.first);
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            const global<const T> p = cell + plane_offset(rows.plane, place, index, operand);
            tile.vectors[i] = load_pack<kReuse, T>(p);
        }
    }
}

// A second tensor, read vector by vector while the first is in registers.
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
        return load_pack<Reuse::kNever, T>(cell + plane_offset(rows.plane, place, index, operand));
    }
};

// The staged tile is in use until the last vector has been read. Takes part: every thread of the
// block.
template <class T, int kLanes>
JSNORM_DEVICE VectorSource<T, kLanes> vector_source(global<const T> tensor, const Rows &rows,
                                                    const RowSpan &span, int operand,
                                                    const RowStaging<T> &staging) {
    VectorSource<T, kLanes> source = {};
    source.operand = operand;
    source.direct = rows.access == RowAccess::kVectors;
    if (source.direct) {
        if (span.count > 0) source.cell = tensor + offset_of(rows.cells, span.cell, operand);
        source.place = place_of(rows.plane, span.first);
    } else {
        stage_tile<Reuse::kNever, T, kLanes>(tensor, rows, span, operand, staging);
        source.staged = shared_cast<const Pack<T>>(staged_row<T, kLanes>(staging));
    }
    return source;
}

// From the staged tiles of all rows to memory. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void write_staged(global<T> tensor, const Rows &rows, const RowSpan &span,
                                int operand, const RowStaging<T> &staging) {
    const int lane = RowThread<kLanes>().lane;
    const shared<T> part = staged_row<T, kLanes>(staging);
    if (rows.access == RowAccess::kBlockSpans) {
        const shared<const Pack<T>> vectors = shared_cast<const Pack<T>>(part);
        JSNORM_ROLLED
        for (int i = 0; i < kTileVectors; ++i) {
            const int index = vector_index<T, kLanes>(i, lane);
            if (index < span.count) {
                put_elements<T>(staging.image, Pack<T>(vectors[i * kLanes + lane]),
                                ImagePlace{rows, span, index});
            }
            __syncwarp();
        }
    }
    __syncthreads();
    if (rows.access == RowAccess::kBlockSpans) {
        write_image<T>(staging.image, tensor, rows, runs_of_block<kLanes>(rows, span, operand));
    } else if (rows.access == RowAccess::kRowSpans) {
        write_image<T>(part, tensor, rows, runs_of_row<kLanes>(rows, span, operand));
    } else {
        const int64_t base = span.count > 0 ? offset_of(rows.cells, span.cell, operand) : 0;
        JSNORM_ROLLED
        for (int index = lane; index < span.count; index += kLanes) {
            store(tensor + (base + offset_of(rows.elements, span.first + index, operand)),
                  T(part[index]));
        }
    }
}

// Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void store_tile(const Tile<T> &tile, global<T> tensor, const Rows &rows,
                              const RowSpan &span, int operand, const RowStaging<T> &staging) {
    const RowThread<kLanes> thread;
    if (rows.access == RowAccess::kVectors) {
        if (span.count == 0) return;
        const int64_t base = offset_of(rows.cells, span.cell, operand);
        const PlanePlace place = place_of(rows.plane, span.first);
        const int lane = opaque(thread.lane);
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            const int index = vector_index<T, kLanes>(i, lane);
            if (index < span.count) {
                store_pack<T>(tensor + (base + plane_offset(rows.plane, place, index, operand)),
                              tile.vectors[i]);
            }
        }
        return;
    }
    const shared<Pack<T>> vectors = shared_cast<Pack<T>>(staged_row<T, kLanes>(staging));
    __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        if (vector_index<T, kLanes>(i, thread.lane) < span.count) {
            vectors[i * kLanes + thread.lane] = tile.vectors[i];
        }
    }
    write_staged<T, kLanes>(tensor, rows, span, operand, staging);
}

}  // namespace jsnorm::gpu
