// SPDX-License-Identifier: Apache-2.0
// The order in which values of elements (gamma, beta, sums of dgamma and dbeta) lie beside rows of
// x: so that neighbouring lanes read neighbouring 16 bytes, although the vector of a lane may have
// 8 elements of 16 bits, whose values are twice 16 bytes. Sectors are read whole, and banks do not
// conflict.
#pragma once

#include "kernels/math/limits.cuh"
#include "kernels/tensor/pack.cuh"

namespace jsnorm::gpu {

// Where the value of an element lies: in a run of 8 vectors first the first halves, then the second
// ones, in an order that lets neighbouring elements be written without conflicts too.
template <class T, class Int>
JSNORM_HD constexpr Int lane_order(Int element) {
    if constexpr (sizeof(T) > 2) {
        return element;
    } else {
        const Int half = element / 4 % 2;
        const Int vector = element / 8 % 8;
        return element / kLaneOrderRun * kLaneOrderRun + half * 32 + (vector ^ (4 * half)) * 4 +
               element % 4;
    }
}

// Values in 16 bytes.
template <class T>
inline constexpr int kValueWidth = kWidth<Compute<T>>;

}  // namespace jsnorm::gpu
