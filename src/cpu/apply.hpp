// SPDX-License-Identifier: Apache-2.0
// The elementwise passes: x -> y, and dy, x -> dx, dz, by coefficients.
#pragma once

#include "src/cpu/gradient_pass.hpp"

namespace jsnorm::cpu {

template <class T>
struct ForwardApplyPass {
    Traversal traversal;  // of x, z, y; without z, x takes its place
    const T *x;
    const T *z;  // or NULL
    T *y;
    bool relu;
    uint32_t *mask;  // cleared, or NULL
    ForwardCoefficients<Compute<T>> forward;
    ParameterValues<Compute<T>> parameters;
    bool past_cache;
    bool near;
};

template <class T>
void apply_forward(const Problem &problem, const ForwardApplyPass<T> &pass, Range cells,
                   int threads);

template <class T>
struct BackwardApplyPass : GradientPass<T> {  // traversal: of x, dy, dx, dz, or x in their place
    T *dx;                                    // or NULL
    T *dz;                                    // or NULL
    bool through_statistics;  // false: b and t are 0 and not read, nor is x but for the gate
    bool past_cache;
    bool near;
};

template <class T>
void apply_backward(const Problem &problem, const BackwardApplyPass<T> &pass, Range cells,
                    int threads);

}  // namespace jsnorm::cpu
