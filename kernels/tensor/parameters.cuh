// SPDX-License-Identifier: Apache-2.0
// gamma and beta, and their gradients. The caller's arrays may be float or x's type, at any
// alignment, or missing; kernels read vectors of the type of arithmetic. Where the caller's arrays
// do not allow that, finalize_widen_parameters makes a copy, with 1 for a missing gamma and 0 for
// beta.
#pragma once

#include "kernels/math/scalar.cuh"
#include "kernels/tensor/axes.cuh"

namespace jsnorm::gpu {

// The parameter of a cell: cell modulo P.
JSNORM_DEVICE int64_t parameter_of(const Divisor &parameters, int64_t cell) {
    return cell - divide(cell, parameters) * parameters.value;
}

// Never NULL in a kernel that reads them. If parameters belong to elements, the arrays are in lane
// order, aligned to 16 bytes, and readable to the end of the last vector of a row.
template <class Acc>
struct ParameterArrays {
    global<const Acc> gamma = nullptr;
    global<const Acc> beta = nullptr;
};

// The caller's array: one of the two pointers, or neither.
template <class T>
struct GivenArray {
    global<const float> as_float = nullptr;
    global<const T> as_x = nullptr;
};

template <class T>
JSNORM_DEVICE Compute<T> given_at(const GivenArray<T> &array, int64_t index, Compute<T> absent) {
    if (array.as_float != nullptr) return Compute<T>(load(array.as_float + index));
    if (array.as_x != nullptr) return Compute<T>(widen(load(array.as_x + index)));
    return absent;
}

// The caller's array for dgamma or dbeta: one of the two pointers, or neither.
template <class T>
struct GradientArray {
    global<float> as_float = nullptr;
    global<T> as_x = nullptr;
};

template <class T>
JSNORM_DEVICE void store_gradient(const GradientArray<T> &array, int64_t index, double value) {
    if (array.as_float != nullptr) store(array.as_float + index, narrow<float>(value));
    if (array.as_x != nullptr) store(array.as_x + index, narrow<T>(value));
}

}  // namespace jsnorm::gpu
