// SPDX-License-Identifier: Apache-2.0
// What the program compares: an estimator of the means and one of the variances.
#pragma once

#include <jsnorm/jsnorm.h>

namespace digits {

struct Estimators {
    const char *name;
    jsnormEstimator_t mean;
    jsnormEstimator_t variance;
};

inline constexpr Estimators kEstimators[] = {
    {"none", JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_NONE},
    {"sampling", JSNORM_ESTIMATOR_SAMPLING, JSNORM_ESTIMATOR_SAMPLING},
    {"james_stein", JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_JAMES_STEIN},
    {"stein_corrected", JSNORM_ESTIMATOR_STEIN_CORRECTED, JSNORM_ESTIMATOR_STEIN_CORRECTED},
    {"none_grand_mean", JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_GRAND_MEAN},
};

}  // namespace digits
