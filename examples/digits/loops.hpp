// SPDX-License-Identifier: Apache-2.0
// The two inner loops of the dense and the convolutional layers. Both run along the outputs
// wherever they can, so that they have no chain of dependent additions and the compiler may
// vectorise them without reordering a sum.
#pragma once

#include <cstdint>

namespace digits {

// Eight sums side by side, because one sum alone cannot be vectorised.
inline float dot(const float *a, const float *b, int64_t count) {
    constexpr int64_t kLanes = 8;
    float lanes[kLanes] = {};
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
    }
    float sum = 0.0f;
    for (; i < count; ++i) sum += a[i] * b[i];
    for (const float lane : lanes) sum += lane;
    return sum;
}

inline void add_scaled(float scale, const float *a, float *sum, int64_t count) {
    for (int64_t i = 0; i < count; ++i) sum[i] += scale * a[i];
}

}  // namespace digits
