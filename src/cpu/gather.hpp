// SPDX-License-Identifier: Apache-2.0
// Copies tiles whose runs do not lie at equal distances to and from contiguous memory, element by
// element. Kernels then compute the same bits as in place.
#pragma once

#include "kernels/math/scalar.cuh"
#include "src/core/view.hpp"
#include "src/cpu/cut.hpp"

namespace jsnorm::cpu {

// Splits elements [first, first + n) of a cell into runs along the inner axis: body(done, length,
// offset). `done` elements came before; the run begins at `offset` in `operand`.
template <class Body>
void for_inner_runs(const Axes &axes, int32_t operand, int64_t first, int64_t n, const Body &body) {
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

// The index of a tile's first element; the others follow in logical order.
inline int64_t first_element(const Cut &cut, const TileRange &tile) {
    return tile.first_segment * cut.length + tile.first;
}

template <class T>
void gather_row(const T *cell, const Axes &elements, int32_t operand, int64_t first, int64_t n,
                T *values) {
    const int64_t stride = elements.inner_stride(operand);
    for_inner_runs(elements, operand, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        for (int64_t i = 0; i < length; ++i) values[done + i] = cell[offset + i * stride];
    });
}

template <class T>
void scatter_row(const T *values, const Axes &elements, int32_t operand, int64_t first, int64_t n,
                 T *cell) {
    const int64_t stride = elements.inner_stride(operand);
    for_inner_runs(elements, operand, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        for (int64_t i = 0; i < length; ++i) cell[offset + i * stride] = values[done + i];
    });
}

// Sets dy to 0 where the mask has no bit. The mask is laid out as operand 0, x; `cell` is the
// cell's offset in x.
template <class T>
void select_row(const uint32_t *mask, int64_t cell, const Axes &elements, int64_t first, int64_t n,
                T *dy) {
    const int64_t stride = elements.inner_stride(0);
    for_inner_runs(elements, 0, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        for (int64_t i = 0; i < length; ++i) {
            if (!mask_bit(mask, cell + offset + i * stride)) dy[done + i] = T{};
        }
    });
}

// Sets the mask bits of n elements from the contiguous `bits`.
void scatter_mask(const uint32_t *bits, int64_t cell, const Axes &elements, int64_t first,
                  int64_t n, uint32_t *mask);

// ---- Columns: `width` neighbouring cells of n elements, packed ----------------------------------

// The most elements in a gathered tile.
inline constexpr int64_t kGathered = kColumnLines * kFoldedWidth;

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
