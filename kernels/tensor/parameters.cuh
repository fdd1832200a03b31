// SPDX-License-Identifier: Apache-2.0
// gamma and beta, and their gradients. The caller's arrays may be float or x's type, at any
// alignment, or missing: a missing gamma is 1, a missing beta 0.
#pragma once

#include "kernels/math/scalar.cuh"
#include "kernels/tensor/axes.cuh"

namespace jsnorm::gpu {

// The parameter of a cell: cell modulo P.
JSNORM_DEVICE int64_t parameter_of(const Divisor &parameters, int64_t cell) {
    return cell - divide(cell, parameters) * parameters.value;
}

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

template <class T>
struct GivenParameters {
    GivenArray<T> gamma;
    GivenArray<T> beta;
};

// Parameter p.
template <class T>
JSNORM_DEVICE Compute<T> gamma_at(const GivenArray<T> &gamma, int64_t p) {
    return given_at(gamma, p, Compute<T>(1));
}
template <class T>
JSNORM_DEVICE Compute<T> beta_at(const GivenArray<T> &beta, int64_t p) {
    return given_at(beta, p, Compute<T>(0));
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
