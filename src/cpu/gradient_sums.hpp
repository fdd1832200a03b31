// SPDX-License-Identifier: Apache-2.0
// dy and x -> two sums per cell, from which backward gets dx, dgamma and dbeta. Parameters that
// belong to elements get sums of their own. All in one read of memory.
#pragma once

#include "src/cpu/gradient_pass.hpp"

namespace jsnorm::cpu {

// backward: its mean pair is the centre of the sums, the raw mean or the fixed one.
template <class T>
struct GradientSumsPass : GradientPass<T> {
    GradientSums *partials;  // chunks*cells entries of workspace
    GradientSums *sums;      // one entry per cell
    // Parameters per element: dgamma, then dbeta, of each row block. Otherwise unused.
    Compute<T> *parameter_partials;
};

// Computes the sums of `cells`. With parameters per element, calls must take the rows of a block of
// kRowBlock in order: the first row of a block clears its parameter_partials.
template <class T>
void compute_gradient_sums(const Problem &problem, const GradientSumsPass<T> &pass, Range cells,
                           int threads);

}  // namespace jsnorm::cpu
