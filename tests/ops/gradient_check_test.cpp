// SPDX-License-Identifier: Apache-2.0
//
// The library's backward against central differences of the library's forward, in double: no oracle
// stands between the two.

#include <gtest/gtest.h>

#include "tests/support/api_runner.hpp"
#include "tests/support/finite_differences.hpp"
#include "tests/support/tolerance.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;
using Pair = std::pair<jsnormEstimator_t, jsnormEstimator_t>;

// The same for both vectors, of the mean alone, and some that mix.
std::vector<Pair> pairs_to_check() {
    std::vector<Pair> pairs;
    for (const jsnormEstimator_t estimator : every_estimator())
        pairs.emplace_back(estimator, estimator);
    for (const jsnormEstimator_t estimator : every_estimator())
        if (estimator != JSNORM_ESTIMATOR_NONE)
            pairs.emplace_back(estimator, JSNORM_ESTIMATOR_NONE);
    pairs.emplace_back(JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_STEIN_CORRECTED);
    pairs.emplace_back(JSNORM_ESTIMATOR_STEIN_CORRECTED, JSNORM_ESTIMATOR_GRAND_MEAN);
    pairs.emplace_back(JSNORM_ESTIMATOR_LASSO, JSNORM_ESTIMATOR_JAMES_STEIN);
    pairs.emplace_back(JSNORM_ESTIMATOR_SAMPLING, JSNORM_ESTIMATOR_JAMES_STEIN);
    pairs.emplace_back(JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_SAMPLING);
    return pairs;
}

Values library_forward(const Case &problem) {
    RunOptions options;
    options.inference = options.backward = options.backward_fixed = false;
    options.saved = options.shrunk = options.next_running = false;
    options.thread_count = 1;
    return run(problem, options).y;
}

void expect_close(const char *name, const Values &got, const Values &expected,
                  const Values &terms = {}) {
    Rule rule = double_rule(1, expected, terms);
    rule.tolerance = 1e-8;  // kStep says why
    const Verdict verdict = compare(name, got, expected, rule);
    EXPECT_TRUE(verdict.accepted) << verdict.message;
}

void expect_gradients_are_differences(const Case &problem) {
    SCOPED_TRACE(describe(problem));
    RunOptions options;
    options.inference = options.backward_fixed = false;
    const RunResult result = run(problem, options);
    const auto numeric = [&](Values Case::*input) {
        return numeric_gradient(problem, input, library_forward);
    };
    // The size of the terms is data of the problem, not of the solution to be judged.
    const Values terms = oracle_backward(problem).dx_terms;
    expect_close("dx", result.dx, numeric(&Case::x), terms);
    expect_close("dgamma", result.dgamma, numeric(&Case::gamma));
    expect_close("dbeta", result.dbeta, numeric(&Case::beta));
    expect_close("dz", result.dz, numeric(&Case::z));
}

// Seeds until no statistic sits on a threshold, and no pre-activation on ReLU's.
Case smooth_case(const Case &pattern, CaseOptions options) {
    options.first_normalized_axis = pattern.first_normalized_axis;
    options.statistics_per_group = pattern.statistics_per_group;
    options.group_count = pattern.group_count;
    Case problem;
    do {
        options.seed += 100;
        problem = make_case(pattern.kind, pattern.dims, options);
    } while (statistics_near_a_kink(problem));
    silence_kinks(problem, kKinkMargin);
    return problem;
}

class GradientCheck : public testing::TestWithParam<jsnormNormKind_t> {};

TEST_P(GradientCheck, BackwardIsTheDerivativeOfForwardForEveryEstimatorAndActivation) {
    int checked = 0;
    for (const auto activation : {JSNORM_ACTIVATION_NONE, JSNORM_ACTIVATION_RELU})
        for (const auto &[mean, variance] : pairs_to_check())
            for (const Case &pattern : small_cases()) {
                if (pattern.kind != GetParam()) continue;
                CaseOptions options;
                options.mean_estimator = mean;
                options.variance_estimator = variance;
                options.lambda = 0.8;  // LASSO thresholds some statistics away and not others
                options.activation = activation;
                options.residual = true;
                options.running = false;
                expect_gradients_are_differences(smooth_case(pattern, options));
                ++checked;
            }
    EXPECT_GE(checked, 2 * 18 * 2);  // activations, pairs, shapes of the kind
}

// Means that differ by less than their noise: the factor is cut at 0. Fractions shrink more.
TEST_P(GradientCheck, BackwardIsTheDerivativeOfForwardWhereSamplingIsCutAndForOtherFractions) {
    for (const double spread : {0.02, 1.0})
        for (const double fraction : {0.3, 1.0})
            for (const Case &pattern : small_cases()) {
                if (pattern.kind != GetParam()) continue;
                CaseOptions options;
                options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_SAMPLING;
                options.mean_spread = spread;
                options.effective_fraction = fraction;
                options.residual = true;
                options.running = false;
                expect_gradients_are_differences(smooth_case(pattern, options));
            }
}

INSTANTIATE_TEST_SUITE_P(Kinds, GradientCheck, testing::ValuesIn(every_kind()),
                         [](const auto &instance) { return std::string(name_of(instance.param)); });

}  // namespace
}  // namespace jsnorm::test
