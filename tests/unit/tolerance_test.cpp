// SPDX-License-Identifier: Apache-2.0

#include "tests/support/tolerance.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace jsnorm::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Tolerance, NamesTheWorstEntry) {
    const Verdict verdict = compare("dx", {1, 2.5, 3}, {1, 2, 3.1}, {0.1, {1}});
    EXPECT_FALSE(verdict.accepted);
    EXPECT_EQ(verdict.worst, 0.5);
    EXPECT_EQ(verdict.message, "dx[1]: got 2.5, expected 2, error 0.5 of 1, tolerance 0.1");
}

TEST(Tolerance, AcceptsUpToItsLimitAndNotBeyond) {
    EXPECT_TRUE(compare("y", {1.25}, {1}, {0.25, {1}}).accepted);
    EXPECT_FALSE(compare("y", {1.2500001}, {1}, {0.25, {1}}).accepted);
    EXPECT_TRUE(compare("y", {1.5, 9}, {1, 5}, {0.5, {1, 8}}).accepted);
}

TEST(Tolerance, RefusesAWrongSizeNaNAndInfinity) {
    EXPECT_FALSE(compare("y", {1}, {1, 1}, {1, {1}}).accepted);
    EXPECT_FALSE(compare("y", {kNan}, {1}, {1, {1}}).accepted);
    EXPECT_FALSE(compare("y", {1}, {kNan}, {1, {1}}).accepted);
    EXPECT_FALSE(compare("y", {kInf}, {-kInf}, {1, {1}}).accepted);
    EXPECT_FALSE(compare("y", {kInf}, {1}, {1, {1}}).accepted);
    EXPECT_TRUE(compare("y", {kInf}, {kInf}, {0, {1}}).accepted);
}

TEST(Tolerance, TakesNaNForNaNOnlyWhereAsked) {
    Rule rule{0, {1}};
    EXPECT_FALSE(compare("y", {kNan}, {kNan}, rule).accepted);
    rule.nan_equals_nan = true;
    EXPECT_TRUE(compare("y", {kNan}, {kNan}, rule).accepted);
    EXPECT_FALSE(compare("y", {1}, {kNan}, rule).accepted);
}

TEST(Tolerance, RoundsTheExpectedValueToTheDestinationFirst) {
    EXPECT_TRUE(compare("y", {1}, {1.0001}, {0, {1}, JSNORM_HALF}).accepted);
    EXPECT_FALSE(compare("y", {1.0001}, {1.0001}, {0, {1}, JSNORM_HALF}).accepted);
}

TEST(Tolerance, GrowsWithTheDigitsThatATypeLacks) {
    EXPECT_EQ(scaled_to(JSNORM_DOUBLE, 5e-7), 5e-7);
    EXPECT_EQ(scaled_to(JSNORM_FLOAT, 5e-7), 5e-7);
    EXPECT_EQ(scaled_to(JSNORM_HALF, 5e-7), 5e-7 * 8192);
    EXPECT_EQ(scaled_to(JSNORM_BFLOAT16, 5e-7), 5e-7 * 65536);
}

TEST(Tolerance, ExcusesAbsoluteErrorsOfTinyValuesAloneAndOnlyForward) {
    const Case problem = make_case(JSNORM_INSTANCE_NORM, {1, 1, 2}, {});
    const Rule forward = forward_rule(problem, JSNORM_FLOAT, {1e-6}, {1e-6});
    EXPECT_TRUE(compare("y", {1.1e-6}, {1e-6}, forward).accepted);
    EXPECT_FALSE(compare("y", {2e-6}, {1e-6}, forward).accepted);
    const Rule gradient = gradient_rule(problem, JSNORM_FLOAT, {1e-6}, {});
    EXPECT_FALSE(compare("dx", {1.1e-6}, {1e-6}, gradient).accepted);
}

TEST(Tolerance, MeasuresAnOutputByItsTermsWhereTheyCancel) {
    const Case problem = make_case(JSNORM_INSTANCE_NORM, {1, 1, 2}, {});
    const Rule alone = forward_rule(problem, JSNORM_FLOAT, {1e-3}, {0});
    const Rule cancelled = forward_rule(problem, JSNORM_FLOAT, {1e-3}, {2});
    EXPECT_FALSE(compare("y", {1e-3 + 5e-7}, {1e-3}, alone).accepted);
    EXPECT_TRUE(compare("y", {1e-3 + 5e-7}, {1e-3}, cancelled).accepted);
    EXPECT_FALSE(compare("y", {1e-3 + 5e-6}, {1e-3}, cancelled).accepted);
}

TEST(Tolerance, ConditionIsTheLargestMeanInDeviations) {
    CaseOptions options;
    options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_NONE;
    options.epsilon = 0;
    options.mean = 1e4;
    options.mean_spread = 0;
    options.deviation = 1e-2;
    const Case far = make_case(JSNORM_BATCH_NORM, {64, 4}, options);
    const double condition = condition_of(far, oracle_forward(far));
    EXPECT_GT(condition, 5e5);
    EXPECT_LT(condition, 4e6);
    options.mean = 0;
    options.deviation = 1;
    const Case near = make_case(JSNORM_BATCH_NORM, {64, 4}, options);
    EXPECT_EQ(condition_of(near, oracle_forward(near)), 1);
}

TEST(Tolerance, JudgesEveryOutputThatBothSidesHave) {
    CaseOptions options;
    options.activation = JSNORM_ACTIVATION_RELU;
    options.residual = true;
    const Case problem = make_case(JSNORM_BATCH_NORM, {4, 3}, options);
    const Result right = oracle(problem);
    EXPECT_EQ(judge(problem, right, right, right, {}).size(), 16u);
    Result wrong = right;
    wrong.dgamma_fixed[1] *= 1.001;
    for (const jsnormDataType_t type : {JSNORM_DOUBLE, JSNORM_FLOAT})
        for (const Verdict &verdict :
             judge(problem, wrong, right, right, {type, JSNORM_FLOAT, JSNORM_FLOAT}))
            EXPECT_EQ(verdict.accepted, verdict.name != "dgamma_fixed") << verdict.message;
}

}  // namespace
}  // namespace jsnorm::test
