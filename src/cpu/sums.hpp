// SPDX-License-Identifier: Apache-2.0
// Partial results of neighbouring cells as kernels for columns keep them: one array per value.
#pragma once

#include "kernels/math/moments.cuh"

namespace jsnorm::cpu {

struct MeanM2Arrays {
    double *mean;
    double *m2;
};

struct GradientSumsArrays {
    double *g;
    double *g_centred;
};

}  // namespace jsnorm::cpu
