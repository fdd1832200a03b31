// SPDX-License-Identifier: Apache-2.0
// Tiles that are not runs at equal distances, copied to and from contiguous memory as they are:
// kernels then compute what they would have computed in place.
#pragma once

#include "kernels/math/scalar.cuh"
#include "src/core/view.hpp"
#include "src/cpu/cut.hpp"

namespace jsnorm::cpu {

// Calls body(done, length, offset) for each stretch of elements [first, first + n) of a cell whose
// offsets in `operand` are offset, offset + inner stride, ...; `done` elements came before.
template <class Body>
void for_stretches(const Axes &axes, int32_t operand, int64_t first, int64_t n, const Body &body) {
    const int64_t inner = axes.inner_size();
    for (int64_t done = 0; done < n;) {
        const int64_t index = first + done;
        const int64_t length = std::min(n - done, inner - index % inner);
        body(done, length, axes.offset(index, operand));
        done += length;
    }
}

inline bool mask_bit(const uint32_t *mask, int64_t e) {
    return (mask[e / 32] >> (e % 32)) & 1u;
}

// ---- Rows: a tile of one cell -------------------------------------------------------------------

// A tile's elements are neighbours in logical order.
inline int64_t first_element(const Cut &cut, const TileRange &tile) {
    return tile.first_segment * cut.length + tile.first;
}

template <class T>
void gather_row(const T *cell, const Axes &elements, int32_t operand, int64_t first, int64_t n,
                T *values) {
    const int64_t stride = elements.inner_stride(operand);
    for_stretches(elements, operand, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        for (int64_t i = 0; i < length; ++i) values[done + i] = cell[offset + i * stride];
    });
}

template <class T>
void scatter_row(const T *values, const Axes &elements, int32_t operand, int64_t first, int64_t n,
                 T *cell) {
    const int64_t stride = elements.inner_stride(operand);
    for_stretches(elements, operand, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        for (int64_t i = 0; i < length; ++i) cell[offset + i * stride] = values[done + i];
    });
}

// dy where the mask, which lies as operand 0 does, has a bit; else 0. `cell`: its offset there.
template <class T>
void select_row(const uint32_t *mask, int64_t cell, const Axes &elements, int64_t first, int64_t n,
                T *dy) {
    const int64_t stride = elements.inner_stride(0);
    for_stretches(elements, 0, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        for (int64_t i = 0; i < length; ++i) {
            if (!mask_bit(mask, cell + offset + i * stride)) dy[done + i] = T{};
        }
    });
}

// The other way round: sets the bits of n elements from the contiguous `bits`.
void scatter_mask(const uint32_t *bits, int64_t cell, const Axes &elements, int64_t first,
                  int64_t n, uint32_t *mask);

// ---- Columns: `width` neighbouring cells of n elements, packed ----------------------------------

// Elements of a tile at most.
inline constexpr int64_t kGathered = kColumnRows * kFoldedWidth;

template <class T>
void gather_columns(const T *cells, const Axes &elements, int32_t operand, int64_t first, int64_t n,
                    int64_t width, T *values) {
    for (int64_t i = 0; i < n; ++i) {
        std::copy_n(cells + elements.offset(first + i, operand), width, values + i * width);
    }
}

template <class T>
void select_columns(const uint32_t *mask, int64_t cells, const Axes &elements, int64_t first,
                    int64_t n, int64_t width, T *dy) {
    for (int64_t i = 0; i < n; ++i) {
        const int64_t offset = cells + elements.offset(first + i, 0);
        for (int64_t c = 0; c < width; ++c) {
            if (!mask_bit(mask, offset + c)) dy[i * width + c] = T{};
        }
    }
}

}  // namespace jsnorm::cpu
