// SPDX-License-Identifier: Apache-2.0
// The gradients of statistics: from the sums of a statistic to what its shrinkage takes apart, and
// the sums over k that the vector-Jacobian product needs (docs/math.md, section 3).
#pragma once

#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

// The gradients of one statistic before shrinkage takes them apart.
struct StatisticGradient {
    double mean;
    double variance;
    double rstd;
    double g1;
    double h;
    JSNORM_HD double u() const { return -rstd * g1; }
    JSNORM_HD double w() const { return -0.5 * rstd * rstd * h; }
};

// g, g_centred: the statistic's sums of gamma*dy and of gamma*dy*(x - mean).
JSNORM_DEVICE StatisticGradient statistic_gradient(const GroupShrinkage &shrinkage, double epsilon,
                                                   double mean, double variance, double g,
                                                   double g_centred) {
    const double rstd = reciprocal_deviation(shrink(shrinkage.variance, variance), epsilon);
    return {mean, variance, rstd, g,
            rstd * (g_centred + (mean - shrink(shrinkage.mean, mean)) * g)};
}

struct GradientVectorSums {
    ShrinkageGradientSums mean;
    ShrinkageGradientSums variance;
};

// Sums over `count` statistics of a group from `first` on, gradient(k) being the k-th; every thread
// of the block takes part.
template <class Gradient>
JSNORM_DEVICE GradientVectorSums gradient_vector_sums(int threads, const GroupShrinkage &shrinkage,
                                                      int64_t first, int64_t count,
                                                      shared<double> scratch,
                                                      const Gradient &gradient) {
    double terms[4] = {0, 0, 0, 0};
    for (int64_t k = first + static_cast<int>(threadIdx.x) % threads; k < first + count;
         k += threads) {
        const StatisticGradient d = gradient(k);
        terms[0] += d.u();
        terms[1] += d.u() * (d.mean * shrinkage.mean.scale);
        terms[2] += d.w();
        terms[3] += d.w() * (d.variance * shrinkage.variance.scale);
    }
    for (int q = 0; q < 4; ++q) terms[q] = block_sum(terms[q], threads, scratch);
    return {{terms[0], terms[1]}, {terms[2], terms[3]}};
}

JSNORM_DEVICE GradientTerms terms_of(const GroupShrinkage &shrinkage,
                                     const GradientVectorSums &sums, const StatisticGradient &d,
                                     double elements) {
    return gradient_terms(shrinkage.mean, shrinkage.variance, sums.mean, sums.variance, d.mean,
                          d.variance, d.rstd, d.g1, d.h, elements);
}

}  // namespace jsnorm::gpu
