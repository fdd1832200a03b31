// SPDX-License-Identifier: Apache-2.0
// The elementwise passes: forward (x -> y) and backward (dy and x -> dx and dz), from coefficients.
#pragma once

#include "src/cpu/gradient_pass.hpp"

namespace jsnorm::cpu {

template <class T>
struct ForwardApplyPass {
    Traversal traversal;  // operands x, z, y; an absent z has the layout of x
    const T *x;
    const T *z;  // or NULL
    T *y;
    bool relu;
    uint32_t *mask;  // all 0 on entry; NULL: none is written
    ForwardCoefficients<Compute<T>> forward;
    ParameterValues<Compute<T>> parameters;
    bool past_cache;
    bool near;
};

template <class T>
void apply_forward(const Problem &problem, const ForwardApplyPass<T> &pass, Range cells,
                   int threads);

// traversal: operands x, dy, dx, dz; an absent output has the layout of x.
template <class T>
struct BackwardApplyPass : GradientPass<T> {
    T *dx;                    // or NULL
    T *dz;                    // or NULL
    bool through_statistics;  // false: b and t are not read, x only by Gate::kRecompute
    bool past_cache;
    bool near;
};

template <class T>
void apply_backward(const Problem &problem, const BackwardApplyPass<T> &pass, Range cells,
                    int threads);

}  // namespace jsnorm::cpu
