// SPDX-License-Identifier: Apache-2.0
// Parts of the rows, over each of which a block sums dgamma and dbeta of elements.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/scalar.cuh"

namespace jsnorm::gpu {

// A kernel takes all rows in steps; `steps` consecutive ones make a part.
template <class T>
struct ParameterParts {
    int64_t steps = 1;
    int64_t count = 1;
    int32_t values = 0;                     // entries of an array of sums, in lane order
    global<Compute<T>> partials = nullptr;  // [part][dgamma, dbeta][P], or NULL
};

}  // namespace jsnorm::gpu
