// SPDX-License-Identifier: Apache-2.0
//
// Who judges the oracle: central differences of its own forward, the golden files, and what can be
// said without arithmetic.

#include "tests/support/oracle.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/finite_differences.hpp"
#include "tests/support/golden_file.hpp"
#include "tests/support/oracle_shrinkage.hpp"
#include "tests/support/tolerance.hpp"

namespace jsnorm::test {
namespace {

using Vector = std::vector<double>;

// Differences of the forward pass and the closed form agree to 1e-10 where neither is wrong; see
// kStep.
constexpr double kDifferences = 1e-8;

Vector train(const Case &problem) {
    return oracle_forward(problem).y;
}
Vector infer(const Case &problem) {
    return oracle_inference(problem).y_inference;
}

void expect_close(const char *name, const Vector &got, const Vector &expected,
                  const Vector &terms = {}) {
    Rule rule = double_rule(1, expected, terms);
    rule.tolerance = kDifferences;
    const Verdict verdict = compare(name, got, expected, rule);
    EXPECT_TRUE(verdict.accepted) << verdict.message;
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

void expect_gradients_are_differences(const Case &problem) {
    SCOPED_TRACE(describe(problem));
    const Result result = oracle_backward(problem);
    expect_close("dx", result.dx, numeric_gradient(problem, &Case::x, train), result.dx_terms);
    expect_close("dgamma", result.dgamma, numeric_gradient(problem, &Case::gamma, train));
    expect_close("dbeta", result.dbeta, numeric_gradient(problem, &Case::beta, train));
    if (!problem.z.empty())
        expect_close("dz", result.dz, numeric_gradient(problem, &Case::z, train));
}

TEST(OracleGradient, IsTheDerivativeForEveryKindPairOfEstimatorsAndActivation) {
    for (const auto activation : {JSNORM_ACTIVATION_NONE, JSNORM_ACTIVATION_RELU})
        for (const auto &[mean, variance] : every_estimator_pair())
            for (const Case &pattern : small_cases()) {
                CaseOptions options;
                options.mean_estimator = mean;
                options.variance_estimator = variance;
                options.lambda = 0.8;  // thresholds some statistics away and not others
                options.activation = activation;
                options.residual = activation == JSNORM_ACTIVATION_RELU;
                expect_gradients_are_differences(smooth_case(pattern, options));
            }
}

TEST(OracleGradient, IsTheDerivativeWhereTheFloorOfSteinCorrectedHoldsSomeVariances) {
    for (const Case &pattern : small_cases()) {
        CaseOptions options;
        options.variance_estimator = JSNORM_ESTIMATOR_STEIN_CORRECTED;
        options.epsilon = 0.7;
        expect_gradients_are_differences(smooth_case(pattern, options));
    }
}

// Where statistics differ by less than their noise the factor of SAMPLING is cut at 0.
TEST(OracleGradient, IsTheDerivativeWhereSamplingIsCutAndForOtherFractions) {
    int cut = 0, kept = 0;
    for (const double spread : {0.02, 1.0})
        for (const double fraction : {0.3, 1.0})
            for (const Case &pattern : small_cases()) {
                CaseOptions options;
                options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_SAMPLING;
                options.mean_spread = spread;
                options.effective_fraction = fraction;
                const Case problem = smooth_case(pattern, options);
                const View view = view_of(problem);
                const Result result = oracle_forward(problem);
                if (view.statistics_per_group >= 4) {
                    ++(result.shrunk_mean[0] == result.shrunk_mean[1] ? cut : kept);
                }
                expect_gradients_are_differences(problem);
            }
    EXPECT_GE(cut, 5);
    EXPECT_GE(kept, 5);
}

// Section 5 in the words of the estimator, for four means and variances with simple numbers.
TEST(Oracle, ShrinksBySamplingVarianceByTheDefinition) {
    const Vector means = {0, 0, 4, 4};      // c = 2, Q = 16
    const Vector variances = {1, 1, 3, 3};  // R = 2: u = {2, 2, 6, 6}, mean 4
    const Shrinkage of_means{Shrinkage::Of::Mean, JSNORM_ESTIMATOR_SAMPLING, 0, 0, 2};
    // tau2 = 4/2, f = 1 - 2/16.
    EXPECT_EQ(shrink(of_means, means, variances), (Vector{0.25, 0.25, 3.75, 3.75}));
    const Shrinkage half{Shrinkage::Of::Mean, JSNORM_ESTIMATOR_SAMPLING, 0, 0, 2, 0.5};
    EXPECT_EQ(shrink(half, means, variances), (Vector{0.5, 0.5, 3.5, 3.5}));
    const Shrinkage unbiased{Shrinkage::Of::Mean, JSNORM_ESTIMATOR_SAMPLING, 0, 0, 2, 1, true};
    EXPECT_EQ(shrink(unbiased, means, variances), (Vector{0.125, 0.125, 3.875, 3.875}));
    // tau2 = (2*4*2 + 2*36*2)/(3*4) = 40/3 above Q/(K-3) = 16: f = 1 - 5/6.
    const Shrinkage of_variances{Shrinkage::Of::Variance, JSNORM_ESTIMATOR_SAMPLING, 0, 0, 2};
    const Vector shrunk = shrink(of_variances, variances, variances);
    for (size_t k = 0; k < 4; ++k) EXPECT_NEAR(shrunk[k], 2 + (variances[k] - 2) / 6, 1e-15) << k;
}

TEST(OracleGradient, ThroughFixedStatisticsIsTheDerivativeOfInference) {
    for (const auto mode : {JSNORM_RUNNING_SHRUNK, JSNORM_RUNNING_RAW})
        for (const jsnormEstimator_t estimator : every_estimator())
            for (Case problem : small_cases()) {
                if (!is_batch_kind(problem.kind)) continue;
                problem.mean_estimator = problem.variance_estimator = estimator;
                problem.running_mode = mode;
                problem.activation = JSNORM_ACTIVATION_RELU;
                silence_kinks(problem, kKinkMargin);
                SCOPED_TRACE(describe(problem));
                const Result result = oracle_backward_fixed(problem);
                expect_close("dx", result.dx_fixed, numeric_gradient(problem, &Case::x, infer));
                expect_close("dgamma", result.dgamma_fixed,
                             numeric_gradient(problem, &Case::gamma, infer));
                expect_close("dbeta", result.dbeta_fixed,
                             numeric_gradient(problem, &Case::beta, infer));
            }
}

TEST(Oracle, ReproducesEveryGoldenFile) {
    const std::vector<std::string> paths = golden_paths(golden_directory());
    ASSERT_GE(paths.size(), 30u);
    for (const std::string &path : paths) {
        const GoldenFile file = read_golden(path);
        SCOPED_TRACE(file.name);
        Result got = oracle(file.problem);
        if (!file.expected.y_inference.empty())
            got.y_inference = oracle_inference(inference_case(file)).y_inference;
        const std::vector<Verdict> verdicts = judge(file.problem, got, file.expected, got, {});
        EXPECT_GE(verdicts.size(), 8u);  // y, four statistics, dx, dgamma, dbeta
        for (const Verdict &verdict : verdicts) EXPECT_TRUE(verdict.accepted) << verdict.message;
    }
}

TEST(Oracle, ShrinksByTheDefinitionOfJamesAndStein) {
    const Vector theta = {3, -1, 4, 1, -5};
    const Shrinkage how{Shrinkage::Of::Mean, JSNORM_ESTIMATOR_JAMES_STEIN, 0, 1e-5, 10};
    double mean = 0, squares = 0, variance = 0;
    for (const double t : theta) mean += t / 5, squares += t * t;
    for (const double t : theta) variance += (t - mean) * (t - mean) / 5;
    const Vector shrunk = shrink(how, theta, {});
    for (size_t k = 0; k < theta.size(); ++k)
        EXPECT_NEAR(shrunk[k], (1 - 3 * variance / squares) * theta[k], 1e-15);
}

TEST(Oracle, EqualsNoneBelowTheMinimumOfAnEstimator) {
    const auto expect_none = [](jsnormEstimator_t estimator, Shrinkage::Of of, size_t statistics,
                                int64_t elements = 7) {
        const Shrinkage how{of, estimator, 0, 1e-5, elements};
        const Vector theta = {0.3, 1.7, 2.9, 1.1, 0.2}, d = {0.1, -0.4, 0.2, 0.7, 0.3};
        const Vector part(theta.begin(), theta.begin() + static_cast<std::ptrdiff_t>(statistics));
        const Vector dpart(d.begin(), d.begin() + static_cast<std::ptrdiff_t>(statistics));
        EXPECT_EQ(shrink(how, part, part), part) << name_of(estimator) << " " << statistics;
        EXPECT_EQ(shrink_gradient(how, part, part, dpart), dpart) << name_of(estimator);
    };
    for (const auto of : {Shrinkage::Of::Mean, Shrinkage::Of::Variance})
        for (size_t K = 1; K <= 3; ++K) {
            if (K < 3) expect_none(JSNORM_ESTIMATOR_JAMES_STEIN, of, K);
            expect_none(JSNORM_ESTIMATOR_GRAND_MEAN, of, K);
            expect_none(JSNORM_ESTIMATOR_SAMPLING, of, K);
        }
    for (const auto of : {Shrinkage::Of::Mean, Shrinkage::Of::Variance})
        expect_none(JSNORM_ESTIMATOR_SAMPLING, of, 5, 1);
    for (size_t K = 1; K <= 2; ++K)
        expect_none(JSNORM_ESTIMATOR_STEIN_CORRECTED, Shrinkage::Of::Mean, K);
}

TEST(Oracle, GivesBetaAndNoGradientWhereVarianceAndEpsilonAreZero) {
    Case problem = make_case(JSNORM_BATCH_NORM, {2, 3, 2}, {});
    problem.epsilon = 0;
    problem.x.assign(problem.x.size(), 4);
    const Result result = oracle(problem);
    for (size_t e = 0; e < problem.x.size(); ++e) {
        EXPECT_EQ(result.y[e], problem.beta[e / 2 % 3]);
        EXPECT_EQ(result.dx[e], 0);
    }
    for (const double entry : result.dgamma) EXPECT_EQ(entry, 0);
    for (const double entry : result.dbeta) EXPECT_NE(entry, 0);
}

TEST(Oracle, ShrinksASingleElementPerStatisticAndGivesNoGradientUnshrunk) {
    CaseOptions options;
    options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_NONE;
    const Case plain = make_case(JSNORM_INSTANCE_NORM, {2, 5}, options);
    const Result ordinary = oracle(plain);
    for (const double entry : ordinary.dx) EXPECT_NEAR(entry, 0, 1e-12);
    for (const double entry : ordinary.dgamma) EXPECT_EQ(entry, 0);
    Case shrunk = plain;
    shrunk.mean_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    for (const double entry : oracle(shrunk).dx) EXPECT_GT(std::abs(entry), 1e-3);
}

TEST(Oracle, TakesZeroSizesForSuccess) {
    for (const auto &dims : {std::vector<int64_t>{0, 4, 3}, {3, 4, 0}, {3, 0, 4}})
        for (const jsnormNormKind_t kind : every_kind()) {
            const Case problem = make_case(kind, dims, {});
            SCOPED_TRACE(describe(problem));
            const View view = view_of(problem);
            const Result result = oracle(problem);
            EXPECT_TRUE(result.y.empty());
            EXPECT_EQ(result.saved_mean, Vector(static_cast<size_t>(view.statistics())));
            EXPECT_EQ(result.shrunk_variance, Vector(static_cast<size_t>(view.statistics())));
            EXPECT_EQ(result.dgamma, Vector(static_cast<size_t>(view.parameter_count)));
            EXPECT_EQ(result.dbeta, Vector(static_cast<size_t>(view.parameter_count)));
            EXPECT_EQ(result.next_running_mean, problem.running_mean);
            EXPECT_EQ(result.next_running_variance, problem.running_variance);
        }
}

TEST(Oracle, InfersFromRawRunningStatisticsWhatTrainingShrank) {
    for (const jsnormEstimator_t estimator : every_estimator()) {
        Case problem = make_case(JSNORM_BATCH_NORM, {6, 5, 3}, {});
        problem.mean_estimator = problem.variance_estimator = estimator;
        problem.lambda = 0.3;
        problem.running_mode = JSNORM_RUNNING_RAW;
        problem.running_variance_correction = JSNORM_RUNNING_VARIANCE_BIASED;
        problem.factor = 1;
        const Result trained = oracle_forward(problem);
        EXPECT_EQ(trained.next_running_mean, trained.saved_mean);
        problem.running_mean = trained.next_running_mean;
        problem.running_variance = trained.next_running_variance;
        EXPECT_EQ(oracle_inference(problem).y_inference, trained.y) << name_of(estimator);
    }
}

TEST(Oracle, CorrectsTheRunningVarianceOfEstimatorsThatCommuteWithItAlone) {
    for (const jsnormEstimator_t estimator : every_estimator()) {
        Case problem = make_case(JSNORM_BATCH_NORM, {6, 5}, {});
        problem.variance_estimator = estimator;
        problem.factor = 1;
        const Result trained = oracle_forward(problem);
        const bool commutes =
            estimator == JSNORM_ESTIMATOR_NONE || estimator == JSNORM_ESTIMATOR_JAMES_STEIN ||
            estimator == JSNORM_ESTIMATOR_GRAND_MEAN || estimator == JSNORM_ESTIMATOR_SAMPLING;
        for (size_t k = 0; k < 5; ++k)
            EXPECT_DOUBLE_EQ(trained.next_running_variance[k],
                             trained.shrunk_variance[k] * (commutes ? 6.0 / 5.0 : 1));
    }
}

TEST(Oracle, LetsANaNReachItsWholeGroupWhereStatisticsAreShrunkAndItsOwnStatisticWhereNot) {
    for (const bool shrunk : {true, false}) {
        CaseOptions options;
        if (!shrunk) options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_NONE;
        Case problem = make_case(JSNORM_INSTANCE_NORM, {2, 4, 3}, options);
        problem.x[4] = std::nan("");  // sample 0, channel 1
        const Result result = oracle_forward(problem);
        for (size_t e = 0; e < problem.x.size(); ++e)
            EXPECT_EQ(std::isnan(result.y[e]), shrunk ? e < 12 : e / 3 == 1) << e;
    }
}

}  // namespace
}  // namespace jsnorm::test
