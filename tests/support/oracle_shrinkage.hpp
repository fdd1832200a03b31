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
};

// docs/math.md sections 2 and 5. Statistics of no elements (R = 0) are 0 and stay it.
std::vector<double> shrink(const Shrinkage &how, const std::vector<double> &theta);

// docs/math.md sections 3 and 5: d = dL/d shrunk -> dL/d theta.
std::vector<double> shrink_gradient(const Shrinkage &how, const std::vector<double> &theta,
                                    const std::vector<double> &d);

}  // namespace jsnorm::test

#endif
