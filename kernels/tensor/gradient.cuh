// SPDX-License-Identifier: Apache-2.0
// What backward kernels of every family read and write beside x and dy.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/elementwise.cuh"

namespace jsnorm::gpu {

// Where dx and dz go.
template <class T>
struct GradientOutputs {
    global<T> dx = nullptr;
    global<T> dz = nullptr;
    int32_t through_statistics = 1;
};

}  // namespace jsnorm::gpu
