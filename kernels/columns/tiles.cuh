// SPDX-License-Identifier: Apache-2.0
// Tiles of columns between memory and registers.
//
// Where memory does not allow accesses of 16 bytes, and in the last, incomplete folded line, a tile
// goes through shared memory element by element. A thread then holds the same elements, so that
// every bit of the result is the same.
#pragma once

#include "kernels/columns/columns.cuh"

namespace jsnorm::gpu {

// Calls body(exists, offset, index) for the elements of the tile, one by one; `index` is that of
// staging.
template <class T, int kSteps, class Body>
JSNORM_DEVICE void for_staged(const Columns &columns, const ColumnSpan &span, int operand,
                              const Body &body) {
    const int width = columns.lanes * kWidth<T>;
    const int64_t base = offset_of(columns.outer, span.strip.outer, operand) + span.strip.first;
    JSNORM_ROLLED
    for (int index = static_cast<int>(threadIdx.x); index < kSteps * kColumnThreads * kWidth<T>;
         index += kColumnThreads) {
        const int line = index / width;
        const int column = index % width;
        const bool exists = column < span.columns_of(line);
        int64_t offset = 0;
        if (exists) {
            offset = base + column +
                     offset_of(columns.elements, (span.first + line) * columns.fold, operand);
        }
        body(exists, offset, index);
    }
}

// Fills staging with value(offset) of each element, and takes this thread's vectors from there.
template <class T, int kSteps, class Value>
JSNORM_DEVICE void gather_columns(ColumnTile<T, kSteps> &tile, const Columns &columns,
                                  const ColumnSpan &span, int operand, shared<T> staging,
                                  const Value &value) {
    __syncthreads();
    for_staged<T, kSteps>(columns, span, operand, [&](bool exists, int64_t offset, int index) {
        staging[index] = exists ? value(offset) : T{};
    });
    __syncthreads();
    const shared<const Pack<T>> vectors = shared_cast<const Pack<T>>(staging);
    JSNORM_UNROLL
    for (int i = 0; i < kSteps; ++i) {
        tile.vectors[i] = vectors[i * kColumnThreads + static_cast<int>(threadIdx.x)];
    }
}

// Element offset of the thread's columns in an operand, before any line is added.
template <class T>
JSNORM_DEVICE int64_t strip_offset(const Columns &columns, const ColumnThread<T> &thread,
                                   const ColumnSpan &span, int operand) {
    return offset_of(columns.outer, span.strip.outer, operand) + span.strip.first + thread.column();
}

// Elements that do not exist are 0. Takes part: every thread of the block.
template <Reuse kReuse, class T, int kSteps>
JSNORM_DEVICE void load_columns(ColumnTile<T, kSteps> &tile, global<const T> tensor,
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
    for (int i = 0; i < kSteps; ++i) {
        tile.vectors[i] = Pack<T>{};
        if (holds_vector(thread, span, i)) {
            const global<const T> p =
                strip + plane_offset(columns.plane, place, thread.line_of(i), operand);
            tile.vectors[i] = load_pack<kReuse, T>(p);
        }
    }
}

// Takes part: every thread of the block.
template <class T, int kSteps>
JSNORM_DEVICE void store_columns(const ColumnTile<T, kSteps> &tile, global<T> tensor,
                                 const Columns &columns, const ColumnThread<T> &thread,
                                 const ColumnSpan &span, int operand, shared<T> staging) {
    if (span.direct) {
        const global<T> strip = tensor + strip_offset(columns, thread, span, operand);
        const PlanePlace place = place_of(columns.plane, span.first);
        const int line = opaque(thread.line);
        JSNORM_UNROLL
        for (int i = 0; i < kSteps; ++i) {
            if (holds_vector(thread, span, i)) {
                store_pack<T>(
                    strip + plane_offset(columns.plane, place, i * thread.lines + line, operand),
                    tile.vectors[i]);
            }
        }
        return;
    }
    const shared<Pack<T>> vectors = shared_cast<Pack<T>>(staging);
    __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kSteps; ++i) {
        vectors[i * kColumnThreads + static_cast<int>(threadIdx.x)] = tile.vectors[i];
    }
    __syncthreads();
    for_staged<T, kSteps>(columns, span, operand, [&](bool exists, int64_t offset, int index) {
        if (exists) store(tensor + offset, T(staging[index]));
    });
}

}  // namespace jsnorm::gpu
