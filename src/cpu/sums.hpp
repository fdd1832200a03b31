// SPDX-License-Identifier: Apache-2.0
// Partial results of reductions.
#pragma once

#include <cstdint>

namespace jsnorm::cpu {

// Moments whose count is known from their place.
struct MeanM2 {
    double mean;
    double m2;
};

struct MeanM2Arrays {
    double *mean;
    double *m2;
};

// Sums over a part: of g, and of g * (x - mean), g = gamma*dy or dy.
struct GradientSums {
    double g = 0;
    double g_centred = 0;

    GradientSums &operator+=(const GradientSums &other) {
        g += other.g;
        g_centred += other.g_centred;
        return *this;
    }
};

struct GradientSumsArrays {
    double *g;
    double *g_centred;
};

}  // namespace jsnorm::cpu
