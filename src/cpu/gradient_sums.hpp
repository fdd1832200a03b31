// SPDX-License-Identifier: Apache-2.0
// dy, x -> the two sums per statistic that backward needs, and the sums behind dgamma and dbeta, in
// one read of memory.
#pragma once

#include "src/cpu/gradient_pass.hpp"

namespace jsnorm::cpu {

// backward: the pair of the centre, raw mean or fixed mean.
template <class T>
struct GradientSumsPass : GradientPass<T> {
    GradientSums *partials;  // chunks*cells entries of workspace
    GradientSums *sums;  // one per cell: g is gamma*dy where parameters belong to elements, else dy
    Compute<T> *parameter_partials;  // parameters per element: row blocks * 2 * P entries: dgamma,
                                     // dbeta; else NULL
};

// The sums of the cells of `cells`. Where parameters belong to elements, the rows of a block of
// kRowBlock come in one call after the other in their order, or all at once; the first of a block
// clears its sums.
template <class T>
void compute_gradient_sums(const Problem &problem, const GradientSumsPass<T> &pass, Range cells,
                           int threads);

}  // namespace jsnorm::cpu
