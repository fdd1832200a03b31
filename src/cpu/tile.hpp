// SPDX-License-Identifier: Apache-2.0
// Moves pieces of a tensor between memory, in any layout and type, and contiguous values in the
// type of arithmetic. Where memory already is that, nothing is copied.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/scalar.cuh"
#include "src/core/view.hpp"

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

template <class T>
inline constexpr bool kComputesInPlace = std::is_same_v<T, Compute<T>>;

inline bool is_one_run(const Axes &axes, int32_t operand, int64_t first, int64_t n) {
    return (axes.inner_stride(operand) == 1 || n == 1) &&
           first % axes.inner_size() + n <= axes.inner_size();
}

// Elements [first, first + n) of the cell at `cell`: where they lie, or copied into `scratch`.
template <class T>
const Compute<T> *read_elements(const T *cell, const Axes &axes, int32_t operand, int64_t first,
                                int64_t n, Compute<T> *scratch) {
    if constexpr (kComputesInPlace<T>) {
        if (is_one_run(axes, operand, first, n)) return cell + axes.offset(first, operand);
    }
    const int64_t stride = axes.inner_stride(operand);
    for_stretches(axes, operand, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        const T *source = cell + offset;
        Compute<T> *target = scratch + done;
        if (stride == 1) {
            for (int64_t i = 0; i < length; ++i) target[i] = widen(source[i]);
        } else {
            for (int64_t i = 0; i < length; ++i) target[i] = widen(source[i * stride]);
        }
    });
    return scratch;
}

// Where values of elements [first, first + n) may be computed: in place, or in `scratch`.
// write_elements() then finishes.
template <class T>
Compute<T> *output_elements(T *cell, const Axes &axes, int32_t operand, int64_t first, int64_t n,
                            Compute<T> *scratch) {
    if constexpr (kComputesInPlace<T>) {
        if (is_one_run(axes, operand, first, n)) return cell + axes.offset(first, operand);
    }
    return scratch;
}

template <class T>
void write_elements(T *cell, const Axes &axes, int32_t operand, int64_t first, int64_t n,
                    const Compute<T> *values) {
    if constexpr (kComputesInPlace<T>) {
        if (values == cell + axes.offset(first, operand)) return;
    }
    const int64_t stride = axes.inner_stride(operand);
    for_stretches(axes, operand, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        T *target = cell + offset;
        const Compute<T> *source = values + done;
        for (int64_t i = 0; i < length; ++i) target[i * stride] = narrow<T>(source[i]);
    });
}

// The same for n neighbouring cells of one element (columns): contiguous by definition.
template <class T>
const Compute<T> *read_cells(const T *source, int64_t n, Compute<T> *scratch) {
    if constexpr (kComputesInPlace<T>) {
        return source;
    } else {
        for (int64_t i = 0; i < n; ++i) scratch[i] = widen(source[i]);
        return scratch;
    }
}

template <class T>
Compute<T> *output_cells(T *target, Compute<T> *scratch) {
    if constexpr (kComputesInPlace<T>) {
        return target;
    } else {
        return scratch;
    }
}

template <class T>
void write_cells(T *target, int64_t n, const Compute<T> *values) {
    if constexpr (!kComputesInPlace<T>) {
        for (int64_t i = 0; i < n; ++i) target[i] = narrow<T>(values[i]);
    }
}

}  // namespace jsnorm::cpu
