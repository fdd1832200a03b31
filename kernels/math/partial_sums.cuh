// SPDX-License-Identifier: Apache-2.0
// Partial results of reductions: what one part of a cell contributes to its sums.
#pragma once

#include "kernels/math/portable.cuh"

namespace jsnorm {

// The moments of a part. Its count is known from its place.
struct alignas(16) MeanM2 {
    double mean;
    double m2;
};

// Sums over a part: of g, and of g * (x - centre). g is gamma*dy where parameters belong to
// elements, else dy.
struct alignas(16) GradientSums {
    double g;
    double g_centred;

    JSNORM_HD GradientSums &operator+=(const GradientSums &other) {
        g += other.g;
        g_centred += other.g_centred;
        return *this;
    }
};

}  // namespace jsnorm
