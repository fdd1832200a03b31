// SPDX-License-Identifier: Apache-2.0
// dy, x -> the two sums per statistic that backward needs, and the sums behind dgamma and dbeta, in
// one read of memory.
#pragma once

#include "src/cpu/activation_gradient.hpp"
#include "src/cpu/cells.hpp"
#include "src/cpu/lanes.hpp"

namespace jsnorm::cpu {

template <class T>
struct GradientSumsPass {
    View view;  // of x, dy
    const T *x;
    const T *dy;
    Gate gate;
    const uint32_t *mask;
    ForwardCoefficients<Compute<T>>
        forward;  // for the gate, and for dgamma where parameters belong to elements
    BackwardCoefficients<Compute<T>> backward;  // the pair of the centre: raw mean, or fixed mean
    ParameterValues<Compute<T>> parameters;
    GradientSums *partials;  // chunks*cells entries of workspace
    GradientSums *sums;  // one per cell: g is gamma*dy where parameters belong to elements, else dy
    Compute<T> *parameter_partials;  // parameters per element: row blocks * 2 * P entries: dgamma,
                                     // dbeta; else NULL
};

// The sums of the cells of `cells`; begins at a multiple of kRowBlock where parameters belong to
// elements.
template <class T>
void compute_gradient_sums(const Problem &problem, const GradientSumsPass<T> &pass, Range cells,
                           int threads);

}  // namespace jsnorm::cpu
