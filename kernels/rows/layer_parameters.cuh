// SPDX-License-Identifier: Apache-2.0
// gamma and beta of elements, which the kernels of plain layers read from the caller's arrays with
// every row, through the L1 cache.
#pragma once

#include <type_traits>

#include "kernels/tensor/pack.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

template <class T>
struct LayerParameters {
    GivenArray<T> gamma;
    GivenArray<T> beta;  // backward: neither
    int32_t wide = 0;    // both allow accesses of 16 bytes
};

// gamma or beta of elements, from this lane's first one on; read by 16 bytes.
template <class T, class Given>
struct WideParameter {
    using Acc = Compute<T>;
    global<const Given> own;
    bool exists;
    Acc absent;

    JSNORM_DEVICE WideParameter(global<const Given> array, int first, Acc without)
        : own(array + first), exists(array != nullptr), absent(without) {}

    // distance: from the lane's first element.
    JSNORM_DEVICE void vector(int distance, Acc (&values)[kWidth<T>]) const {
        constexpr int kStep = kWidth<Given> < kWidth<T> ? kWidth<Given> : kWidth<T>;
        JSNORM_UNROLL
        for (int first = 0; first < kWidth<T>; first += kStep) {
            if (exists) {
                const auto part = load_vec<kStep>(own + (distance + first));
                JSNORM_UNROLL
                for (int e = 0; e < kStep; ++e) values[first + e] = Acc(widen(part.v[e]));
            } else {
                JSNORM_UNROLL
                for (int e = 0; e < kStep; ++e) values[first + e] = absent;
            }
        }
    }
};

// The same, element by element.
template <class T>
struct GivenParameter {
    using Acc = Compute<T>;
    GivenArray<T> array;
    int first;
    Acc absent;

    JSNORM_DEVICE void vector(int distance, Acc (&values)[kWidth<T>]) const {
        JSNORM_UNROLL
        for (int e = 0; e < kWidth<T>; ++e) {
            values[e] = given_at(array, first + distance + e, absent);
        }
    }
};

// Calls body(gamma, beta), with objects that read them from the lane's first element on.
template <class T, class Body>
JSNORM_DEVICE void with_layer_parameters(const LayerParameters<T> &parameters, int first,
                                         const Body &body) {
    using Acc = Compute<T>;
    const auto wide = [&](auto gamma, auto beta) {
        using Given = std::remove_cvref_t<decltype(load(gamma))>;
        body(WideParameter<T, Given>(gamma, first, Acc(1)),
             WideParameter<T, Given>(beta, first, Acc(0)));
    };
    if (parameters.wide == 0) {
        body(GivenParameter<T>{parameters.gamma, first, Acc(1)},
             GivenParameter<T>{parameters.beta, first, Acc(0)});
    } else if (parameters.gamma.as_float != nullptr || parameters.beta.as_float != nullptr) {
        wide(parameters.gamma.as_float, parameters.beta.as_float);
    } else {
        wide(parameters.gamma.as_x, parameters.beta.as_x);
    }
}

}  // namespace jsnorm::gpu
