// SPDX-License-Identifier: Apache-2.0
// Where the backward kernels of every family write.
#pragma once

#include "kernels/device/device.cuh"

namespace jsnorm::gpu {

template <class T>
struct GradientOutputs {
    global<T> dx = nullptr;
    global<T> dz = nullptr;
    int32_t through_statistics = 1;  // 0: statistics are fixed
};

}  // namespace jsnorm::gpu
