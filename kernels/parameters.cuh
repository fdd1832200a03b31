// SPDX-License-Identifier: Apache-2.0
// gamma and beta. The caller's may be float or x's type, at any alignment, or missing; kernels read
// them as vectors of the type of arithmetic. Where the caller's own cannot be read so, a kernel
// makes a copy that can: 1 and 0 for what is missing.
#pragma once

#include "kernels/lane_order.cuh"

namespace jsnorm::gpu {

// Never NULL where kernels compute with them. Where parameters belong to elements: in lane order,
// aligned to 16 bytes, and readable to the end of the last vector of a row.
template <class Acc>
struct Parameters {
    global<const Acc> gamma = nullptr;
    global<const Acc> beta = nullptr;
};

// One of the two pointers, or neither.
template <class T>
struct GivenArray {
    global<const float> as_float = nullptr;
    global<const T> as_x = nullptr;
};

template <class T>
struct WidenParameters {
    GivenArray<T> gamma;
    GivenArray<T> beta;
    int64_t count = 0;    // P
    int64_t padded = 0;   // entries to write
    int32_t ordered = 0;  // in lane order
    global<Compute<T>> wide_gamma = nullptr;
    global<Compute<T>> wide_beta = nullptr;
};

template <class T>
JSNORM_DEVICE Compute<T> given_at(const GivenArray<T> &array, int64_t index, Compute<T> absent) {
    if (array.as_float != nullptr) return Compute<T>(load(array.as_float + index));
    if (array.as_x != nullptr) return Compute<T>(widen(load(array.as_x + index)));
    return absent;
}

template <class T>
JSNORM_KERNEL(256, 4)
widen_parameters(WidenParameters<T> args) {
    using Acc = Compute<T>;
    wait_for_previous_kernel();
    let_next_kernel_start();
    const int64_t step = int64_t{gridDim.x} * blockDim.x;
    for (int64_t p = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; p < args.padded; p += step) {
        const bool inside = p < args.count;
        const int64_t at = args.ordered != 0 ? lane_order<T>(p) : p;
        store(args.wide_gamma + at, inside ? given_at(args.gamma, p, Acc(1)) : Acc(1));
        store(args.wide_beta + at, inside ? given_at(args.beta, p, Acc(0)) : Acc(0));
    }
}

// Where a gradient of P entries goes; one of the two pointers, or neither.
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
