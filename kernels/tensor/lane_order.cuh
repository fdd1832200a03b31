// SPDX-License-Identifier: Apache-2.0
// Lane order: how values of elements (gamma, beta, sums of dgamma and dbeta) lie beside rows of x.
// A lane's vector may have 8 elements of 16 bits, whose values take twice 16 bytes. In lane order
// neighbouring lanes still read neighbouring 16 bytes: sectors are read whole, and banks do not
// conflict.
#pragma once

#include "kernels/math/limits.cuh"
#include "kernels/tensor/pack.cuh"

namespace jsnorm::gpu {

// The index of an element's value. A run of 8 vectors has first their first halves, then their
// second halves; the second halves are permuted, so that writing neighbouring elements does not
// conflict either.
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
