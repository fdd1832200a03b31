// SPDX-License-Identifier: Apache-2.0
// Tiles of columns between memory and registers.
//
// Where memory does not allow accesses of 16 bytes, and in the last, incomplete folded row, a tile
// is gathered in shared memory element by element, and scattered from there: what a thread holds,
// and so every bit of the result, is the same.
#pragma once

#include "kernels/columns.cuh"

namespace jsnorm::gpu {

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

}  // namespace jsnorm::gpu
