// SPDX-License-Identifier: Apache-2.0
// x -> mean and M2 of every statistic (docs/math.md, section 2), in one read of memory.
#pragma once

#include "src/cpu/cells.hpp"

namespace jsnorm::cpu {

// A partial result as it lies in the workspace; the count is known from its place.
struct MeanM2 {
    double mean;
    double m2;
};

// The statistics that the cells of `cells` (whole statistics) make up. view: of x alone. partials:
// chunks*cells entries of workspace for the whole problem. mean, m2: one entry per statistic of the
// problem.
template <class T>
void compute_statistics(const Problem &problem, const View &view, const T *x, Range cells,
                        int threads, MeanM2 *partials, double *mean, double *m2);

}  // namespace jsnorm::cpu
