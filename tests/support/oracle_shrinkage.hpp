// SPDX-License-Identifier: Apache-2.0
//
// The oracle's estimators: one vector of statistics in, the shrunk vector and its vector-Jacobian
// product out.
#ifndef JSNORM_TESTS_SUPPORT_ORACLE_SHRINKAGE_HPP
#define JSNORM_TESTS_SUPPORT_ORACLE_SHRINKAGE_HPP

#include <jsnorm/jsnorm.h>

#include <cstdint>
#include <vector>

namespace jsnorm::test {

// Which estimator, of which of the two vectors, with what it depends on.
struct Shrinkage {
    enum class Of { Mean, Variance };
    Of of;
    jsnormEstimator_t estimator;
    double lambda;
    double epsilon;  // the floor under the logarithms of STEIN_CORRECTED
    int64_t elements_per_statistic;
    double effective_fraction = 1;  // of R, for SAMPLING
    bool unbiased = false;          // variances have the divisor R-1, not R
};

// docs/math.md sections 2 and 5. Statistics of no elements (R = 0) are 0 and stay it. variances: of
// the group, raw; the means of SAMPLING depend on them.
std::vector<double> shrink(const Shrinkage &how, const std::vector<double> &theta,
                           const std::vector<double> &variances);

// docs/math.md sections 3 and 5: d = dL/d shrunk -> dL/d theta.
std::vector<double> shrink_gradient(const Shrinkage &how, const std::vector<double> &theta,
                                    const std::vector<double> &variances,
                                    const std::vector<double> &d);

// The factor of SAMPLING before it is cut at 0; 1 where it does not act.
double sampling_factor(const Shrinkage &how, const std::vector<double> &theta,
                       const std::vector<double> &variances);

// The part of dL/d variance that comes through the shrinkage of the means; the same for every
// variance. how: of the means.
double noise_gradient(const Shrinkage &how, const std::vector<double> &means,
                      const std::vector<double> &variances, const std::vector<double> &d);

}  // namespace jsnorm::test

#endif
