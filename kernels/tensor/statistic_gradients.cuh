// SPDX-License-Identifier: Apache-2.0
// The gradients of statistics (docs/math.md, section 3): from the sums of g and g*(x - mean) over a
// statistic, through its shrinkage, to the terms b and t of dx. Shrinkage needs sums over the
// statistics of a group, as forward does.
#pragma once

#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

// The gradients of one statistic after shrinkage, in the words of docs/math.md.
struct StatisticGradient {
    double mean;
    double variance;
    double rstd;
    double g1;
    double h;
    JSNORM_HD double u() const { return -rstd * g1; }              // of the shrunk mean
    JSNORM_HD double w() const { return -0.5 * rstd * rstd * h; }  // of the shrunk variance
};

// g, g_centred: the statistic's sums of gamma*dy and of gamma*dy*(x - mean).
JSNORM_DEVICE StatisticGradient statistic_gradient(const GroupShrinkage &shrinkage, double epsilon,
                                                   double mean, double variance, double g,
                                                   double g_centred) {
    const double rstd = reciprocal_deviation(shrink(shrinkage.variance, variance), epsilon);
    return {mean, variance, rstd, g,
            rstd * (g_centred + (mean - shrink(shrinkage.mean, mean)) * g)};
}

// Sums over the statistics of a group: of u and of its products with theta, and of w likewise.
struct GradientVectorSums {
    ShrinkageGradientSums mean;
    ShrinkageGradientSums variance;
};

// The same four numbers as an array, in registers and in memory.
struct GradientSumsEntry {
    enum : int { kMean, kMeanProducts, kVariance, kVarianceProducts, kCount };
};

// Over statistics [first, first + count) of a group by `threads` threads of the block, known to all
// of them. gradient(k) is that of statistic k. Takes part: every thread of the block.
template <class Gradient>
JSNORM_DEVICE GradientVectorSums gradient_vector_sums(int threads, const GroupShrinkage &shrinkage,
                                                      int64_t first, int64_t count,
                                                      shared<double> scratch,
                                                      const Gradient &gradient) {
    using Entry = GradientSumsEntry;
    double sums[Entry::kCount] = {};
    for (int64_t k = first + static_cast<int>(threadIdx.x) % threads; k < first + count;
         k += threads) {
        const StatisticGradient d = gradient(k);
        sums[Entry::kMean] += d.u();
        sums[Entry::kMeanProducts] += gradient_product(shrinkage.mean, d.u(), d.mean);
        sums[Entry::kVariance] += d.w();
        sums[Entry::kVarianceProducts] += gradient_product(shrinkage.variance, d.w(), d.variance);
    }
    for (int q = 0; q < Entry::kCount; ++q) sums[q] = block_sum(sums[q], threads, scratch);
    return {{sums[Entry::kMean], sums[Entry::kMeanProducts]},
            {sums[Entry::kVariance], sums[Entry::kVarianceProducts]}};
}

// The terms b and t of dx.
struct GradientTerms {
    double b;
    double t;
};

// What a statistic does to itself, where nothing couples it to others. elements: of the statistic.
//
// b = dmean/(R*rstd), t = 2*dvariance/(R*rstd^2), with rstd cancelled where it can be: with one
// element per statistic and nothing shrunk the gradient is exactly 0.
JSNORM_DEVICE GradientTerms own_terms_of(const GroupShrinkage &shrinkage,
                                         const StatisticGradient &d, double elements) {
    if (d.rstd == 0) return {0, 0};  // dx is 0 by its factor rstd
    const double b = -own_gradient_factor(shrinkage.mean, d.mean) * d.g1;
    const double t = -own_gradient_factor(shrinkage.variance, d.variance) * d.h;
    const double share = 1 / elements;  // the same for every statistic
    return {b * share, t * share};
}

// The same with what other statistics do.
JSNORM_DEVICE GradientTerms terms_of(const GroupShrinkage &shrinkage,
                                     const GradientVectorSums &sums, const StatisticGradient &d,
                                     double elements) {
    if (d.rstd == 0) return {0, 0};
    double b = -own_gradient_factor(shrinkage.mean, d.mean) * d.g1;
    double t = -own_gradient_factor(shrinkage.variance, d.variance) * d.h;
    const double mean_shared = shared_gradient(shrinkage.mean, sums.mean, d.mean);
    const double variance_shared = shared_gradient(shrinkage.variance, sums.variance, d.variance) +
                                   noise_gradient(shrinkage.mean, sums.mean);
    // Divisions are long; where nothing is coupled there is nothing to divide.
    if (mean_shared != 0) b += mean_shared / d.rstd;
    if (variance_shared != 0) t += 2 * variance_shared / (d.rstd * d.rstd);
    const double share = 1 / elements;
    return {b * share, t * share};
}

}  // namespace jsnorm::gpu
