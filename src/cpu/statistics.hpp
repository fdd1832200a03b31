// SPDX-License-Identifier: Apache-2.0
// x -> mean and M2 of every statistic (docs/math.md, section 2), in one read of memory.
#pragma once

#include "src/cpu/sums.hpp"
#include "src/cpu/traversal.hpp"

namespace jsnorm::cpu {

// The statistics that the cells of `cells` (whole statistics) make up. traversal: of x alone, or of
// tensors of which x is the first. partials: chunks*cells entries of workspace for the whole
// problem. mean, m2: one entry per statistic of the problem.
template <class T>
void compute_statistics(const Problem &problem, const Traversal &traversal, const T *x, Range cells,
                        int threads, MeanM2 *partials, double *mean, double *m2);

}  // namespace jsnorm::cpu
