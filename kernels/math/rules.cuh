// SPDX-License-Identifier: Apache-2.0
// What finalize steps know of a norm.
#pragma once

#include "kernels/math/shrink.cuh"

namespace jsnorm::gpu {

struct NormRules {
    jsnormEstimator_t mean_estimator = JSNORM_ESTIMATOR_NONE;
    jsnormEstimator_t variance_estimator = JSNORM_ESTIMATOR_NONE;
    double lambda = 0;
    double epsilon = 0;
};

JSNORM_HD inline ShrinkageRule rule_of(const NormRules &rules, StatisticKind statistic,
                                       int64_t statistics, double elements) {
    return {statistic == StatisticKind::kMean ? rules.mean_estimator : rules.variance_estimator,
            statistic,
            static_cast<double>(statistics),
            elements,
            rules.lambda,
            rules.epsilon};
}

// The terms b and t of dx (docs/math.md, section 3) from the shrinkage of a statistic, its share of
// the gradients' sums, and g1 and h.
struct GradientTerms {
    double b;
    double t;
};

JSNORM_HD inline GradientTerms gradient_terms(const Shrinkage &of_mean,
                                              const Shrinkage &of_variance,
                                              const ShrinkageGradientSums &u_sums,
                                              const ShrinkageGradientSums &w_sums, double mean,
                                              double variance, double rstd, double g1, double h,
                                              double elements) {
    if (rstd == 0) return {0, 0};  // dx is 0 by its factor rstd
    // b = dmean/(R*rstd), t = 2*dvariance/(R*rstd^2), with rstd cancelled where it can be: one
    // element per statistic then has a gradient of exactly 0 where nothing is shrunk.
    return {
        (-own_gradient_factor(of_mean, mean) * g1 + shared_gradient(of_mean, u_sums, mean) / rstd) /
            elements,
        (-own_gradient_factor(of_variance, variance) * h +
         2 * shared_gradient(of_variance, w_sums, variance) / (rstd * rstd)) /
            elements};
}

}  // namespace jsnorm::gpu
