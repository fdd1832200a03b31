// SPDX-License-Identifier: Apache-2.0
// x -> mean and M2 of every statistic (docs/math.md, section 2), in one read of memory.
#pragma once

#include "src/cpu/sums.hpp"
#include "src/cpu/traversal.hpp"

namespace jsnorm::cpu {

// Computes the statistics of `cells`, which must make up whole statistics. traversal: operand 0 is
// x. partials: workspace of chunks*cells entries for the whole problem. mean, m2: one entry per
// statistic of the problem.
template <class T>
void compute_statistics(const Problem &problem, const Traversal &traversal, const T *x, Range cells,
                        int threads, MeanM2 *partials, double *mean, double *m2);

}  // namespace jsnorm::cpu
