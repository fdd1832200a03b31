// SPDX-License-Identifier: Apache-2.0
// Counts of pieces, for plans and kernels alike.
#pragma once

#include "kernels/math/portable.cuh"

namespace jsnorm::gpu {

JSNORM_HD constexpr int64_t divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

JSNORM_HD constexpr int64_t round_up(int64_t value, int64_t step) {
    return divide_up(value, step) * step;
}

}  // namespace jsnorm::gpu
