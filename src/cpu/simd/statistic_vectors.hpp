// SPDX-License-Identifier: Apache-2.0
// Loops over vectors of statistics, in double, for the instruction set of this processor.
#pragma once

#include <cstdint>

namespace jsnorm::cpu {

// rstd = reciprocal_deviation(variance, epsilon) (kernels/shrink.cuh).
void reciprocal_deviations(const double *variance, double epsilon, int64_t count, double *rstd);

// split_mean() and narrow_rstd() (src/cpu/coefficients.hpp) of each entry. Acc: float or double.
template <class Acc>
void write_standardization(const double *mean, const double *rstd, int64_t count, Acc *mean_head,
                           Acc *mean_tail, Acc *narrow);

}  // namespace jsnorm::cpu
