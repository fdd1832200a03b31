// SPDX-License-Identifier: Apache-2.0
//
// The corners: no channels, no rows, one element per statistic, constant data, vectors of zeros,
// epsilon 0, and fewer statistics than an estimator needs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/ops/same_bits.hpp"
#include "tests/support/agreement.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;

CaseOptions options_for(jsnormEstimator_t mean, jsnormEstimator_t variance, double epsilon = 1e-5) {
    CaseOptions options;
    options.mean_estimator = mean;
    options.variance_estimator = variance;
    options.epsilon = epsilon;
    return options;
}

CaseOptions options_for(jsnormEstimator_t estimator, double epsilon = 1e-5) {
    return options_for(estimator, estimator, epsilon);
}

RunOptions run_options(jsnormDataType_t type, Layout layout = Layout::Packed) {
    RunOptions options;
    options.type = type;
    options.layout = layout;
    options.dz = true;
    return options;
}

bool all_equal(const Values &values, double expected) {
    return std::all_of(values.begin(), values.end(),
                       [&](double value) { return value == expected; });
}

bool all_finite(const Values &values) {
    return std::all_of(values.begin(), values.end(),
                       [](double value) { return std::isfinite(value); });
}

void expect_agreement(const Case &problem, jsnormDataType_t type, Layout layout) {
    const Agreement agreement = agree_with_oracle(problem, run_options(type, layout));
    EXPECT_EQ(agreement.complaints, "")
        << describe(problem) << ", " << name_of(type) << ", " << name_of(layout);
    EXPECT_TRUE(agreement.compared("y") && agreement.compared("dx") &&
                agreement.compared("dgamma"));
}

constexpr Layout kLayouts[] = {Layout::Packed, Layout::ChannelsLast};

class Degenerate : public testing::TestWithParam<jsnormDataType_t> {};

// ---- No channels, no rows ---------------------------------------------------------------------

// Every kind with one dimension or another of size 0.
std::vector<Case> empty_cases(const CaseOptions &options) {
    CaseOptions one_group = options;
    one_group.group_count = 1;
    std::vector<Case> cases;
    for (const jsnormNormKind_t kind : every_kind())
        for (const std::vector<int64_t> &dims :
             {std::vector<int64_t>{0, 4}, {0, 4, 3}, {3, 0}, {3, 0, 5}, {3, 4, 0}, {0, 0, 0}})
            cases.push_back(make_case(kind, dims, one_group));
    return cases;
}

TEST_P(Degenerate, EmptyTensorsSucceedWithZeroParameterGradientsAndUnchangedRunningStatistics) {
    for (const jsnormEstimator_t estimator : every_estimator())
        for (const Case &pattern : empty_cases(options_for(estimator))) {
            SCOPED_TRACE(describe(pattern));
            const Case problem = rounded_to(pattern, GetParam());
            const View view = view_of(problem);
            RunOptions options = run_options(GetParam());
            options.inference = options.backward_fixed = !problem.running_mean.empty();
            const RunResult got = run(problem, options);
            EXPECT_TRUE(got.y.empty() && got.dx.empty() && got.dz.empty());
            EXPECT_EQ(got.dgamma, Values(static_cast<size_t>(view.parameter_count)));
            EXPECT_EQ(got.dbeta, Values(static_cast<size_t>(view.parameter_count)));
            for (const Values *statistics :
                 {&got.saved_mean, &got.saved_variance, &got.shrunk_mean, &got.shrunk_variance})
                EXPECT_EQ(*statistics, Values(static_cast<size_t>(view.statistics())));
            EXPECT_EQ(got.next_running_mean, problem.running_mean);
            EXPECT_EQ(got.next_running_variance, problem.running_variance);
        }
}

TEST_P(Degenerate, OneAndTwoChannelsAndOneRowAgreeWithTheOracleForEveryPairOfEstimators) {
    for (const auto &[mean, variance] : every_estimator_pair())
        for (const Layout layout : kLayouts)
            for (const jsnormNormKind_t kind : every_kind())
                for (const std::vector<int64_t> &dims : {std::vector<int64_t>{1, 1, 7},
                                                         {1, 2, 7},
                                                         {5, 1, 1},
                                                         {5, 2, 1},
                                                         {1, 2, 1},
                                                         {1, 1, 1}}) {
                    CaseOptions options = options_for(mean, variance);
                    options.mean = 3;  // not near 0, where s is decided by rounding
                    expect_agreement(make_case(kind, dims, options), GetParam(), layout);
                }
}

// ---- Fewer statistics than an estimator needs -------------------------------------------------

struct Minimum {
    jsnormEstimator_t estimator;
    int64_t statistics;  // from so many on it shrinks
    bool variance;       // whether it says so of variances as well
};

constexpr Minimum kMinima[] = {
    {JSNORM_ESTIMATOR_JAMES_STEIN, 3, true},
    {JSNORM_ESTIMATOR_GRAND_MEAN, 4, true},
    {JSNORM_ESTIMATOR_STEIN_CORRECTED, 3, false},
    {JSNORM_ESTIMATOR_SAMPLING, 4, true},
};

// Training, inference from RAW statistics (which shrinks too), and their gradients.
RunResult run_all(jsnormNormKind_t kind, const std::vector<int64_t> &dims, CaseOptions options,
                  jsnormEstimator_t mean, jsnormEstimator_t variance, jsnormDataType_t type,
                  Layout layout) {
    options.mean_estimator = mean;
    options.variance_estimator = variance;
    options.group_count = dims[1];
    Case problem = make_case(kind, dims, options);
    problem.running_mode = JSNORM_RUNNING_RAW;
    return run(rounded_to(problem, type), run_options(type, layout));
}

TEST_P(Degenerate, BelowItsMinimumEveryEstimatorEqualsNoneBitForBit) {
    constexpr auto none = JSNORM_ESTIMATOR_NONE;
    for (const Minimum &minimum : kMinima)
        for (int64_t K = 1; K <= minimum.statistics; ++K)
            for (const jsnormNormKind_t kind : every_kind())
                for (const Layout layout : kLayouts)
                    for (const auto activation : {JSNORM_ACTIVATION_NONE, JSNORM_ACTIVATION_RELU}) {
                        SCOPED_TRACE(std::string(name_of(minimum.estimator)) + ", K " +
                                     std::to_string(K) + ", " + name_of(kind));
                        const bool activations = kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
                        const std::vector<int64_t> dims = {5, K, activations ? 1 : 6};
                        CaseOptions options;
                        options.activation = activation;
                        const auto run_with = [&](jsnormEstimator_t mean,
                                                  jsnormEstimator_t variance) {
                            return run_all(kind, dims, options, mean, variance, GetParam(), layout);
                        };
                        const RunResult plain = run_with(none, none);
                        const RunResult mean = run_with(minimum.estimator, none);
                        const RunResult both = run_with(
                            minimum.estimator, minimum.variance ? minimum.estimator : none);
                        if (K < minimum.statistics) {
                            EXPECT_EQ(differences(mean.raw, plain.raw), "");
                            EXPECT_EQ(differences(both.raw, plain.raw), "");
                        } else {
                            EXPECT_NE(mean.raw.at("y"), plain.raw.at("y"));
                        }
                    }
}

// ---- One element per statistic ----------------------------------------------------------------

std::vector<Case> cases_of_one_element(const CaseOptions &options, int64_t K) {
    CaseOptions groups = options;
    groups.group_count = K;
    return {make_case(JSNORM_BATCH_NORM, {1, K}, options),
            make_case(JSNORM_BATCH_NORM, {1, K, 1, 1}, options),
            make_case(JSNORM_BATCH_NORM_PER_ACTIVATION, {1, K, 2}, options),
            make_case(JSNORM_INSTANCE_NORM, {3, K, 1}, options),
            make_case(JSNORM_LAYER_NORM, {3, K, 1}, options),
            make_case(JSNORM_GROUP_NORM, {3, K, 1}, groups)};
}

TEST_P(Degenerate, OneElementPerStatisticHasGradientsOfExactlyZeroWhereTheMeanIsNotShrunk) {
    for (const jsnormEstimator_t variance : every_estimator())
        for (const int64_t K : {1, 2, 5, 70})
            for (const double epsilon : {0.0, 1e-5}) {
                CaseOptions options = options_for(JSNORM_ESTIMATOR_NONE, variance, epsilon);
                options.mean = 1e4;
                for (const Case &pattern : cases_of_one_element(options, K)) {
                    SCOPED_TRACE(describe(pattern));
                    const Case problem = rounded_to(pattern, GetParam());
                    const RunResult got = run(problem, run_options(GetParam()));
                    EXPECT_EQ(got.dx, Values(problem.x.size()));
                    EXPECT_TRUE(all_equal(got.dgamma, 0));
                    EXPECT_TRUE(all_equal(got.saved_variance, 0));
                    const std::vector<int64_t> parameter = parameter_indices(problem);
                    for (size_t e = 0; e < got.y.size(); ++e) {
                        const double beta = problem.beta[static_cast<size_t>(parameter[e])];
                        ASSERT_EQ(got.y[e], round_to(GetParam(), beta));
                    }
                }
            }
}

// One element says nothing of its noise.
TEST_P(Degenerate, OneElementPerStatisticMakesSamplingNoneBitForBit) {
    for (const int64_t K : {4, 70})
        for (const Layout layout : kLayouts) {
            const auto run_with = [&](jsnormEstimator_t estimator) {
                std::vector<Outputs> outputs;
                for (Case problem : cases_of_one_element(options_for(estimator, estimator), K)) {
                    problem.running_mode = JSNORM_RUNNING_RAW;
                    outputs.push_back(
                        run(rounded_to(problem, GetParam()), run_options(GetParam(), layout)).raw);
                }
                return outputs;
            };
            const std::vector<Outputs> plain = run_with(JSNORM_ESTIMATOR_NONE);
            const std::vector<Outputs> sampling = run_with(JSNORM_ESTIMATOR_SAMPLING);
            ASSERT_EQ(sampling.size(), plain.size());
            for (size_t i = 0; i < plain.size(); ++i)
                EXPECT_EQ(differences(sampling[i], plain[i]), "") << "K " << K << ", case " << i;
        }
}

TEST_P(Degenerate, OneElementPerStatisticIsDefinedUnderShrinkage) {
    for (const auto &[mean, variance] : every_estimator_pair())
        for (const int64_t K : {3, 4, 70}) {
            CaseOptions options = options_for(mean, variance);
            options.mean = 3;
            for (const Case &problem : cases_of_one_element(options, K))
                expect_agreement(problem, GetParam(), Layout::Packed);
        }
}

// ---- Constant statistics and vectors of zeros -------------------------------------------------

// Statistic k holds c(k) everywhere.
template <typename Constant>
Case constant_case(Case problem, Constant c) {
    const std::vector<int64_t> statistic = statistic_indices(problem);
    for (size_t e = 0; e < problem.x.size(); ++e) problem.x[e] = c(statistic[e]);
    return problem;
}

TEST_P(Degenerate, ConstantStatisticsWithEpsilonZeroGiveBetaAndAGradientOfZero) {
    for (const auto &[mean, variance] : every_estimator_pair())
        for (const Layout layout : kLayouts)
            for (const Case &pattern : small_cases(options_for(mean, variance, 0))) {
                const Case problem = rounded_to(
                    constant_case(pattern, [](int64_t k) { return 2.5 - static_cast<double>(k); }),
                    GetParam());
                SCOPED_TRACE(describe(problem));
                RunOptions options = run_options(GetParam(), layout);
                options.inference = options.backward_fixed = false;
                const RunResult got = run(problem, options);
                const std::vector<int64_t> parameter = parameter_indices(problem);
                for (size_t e = 0; e < got.y.size(); ++e)
                    ASSERT_EQ(got.y[e], round_to(GetParam(),
                                                 problem.beta[static_cast<size_t>(parameter[e])]));
                EXPECT_EQ(got.dx, Values(problem.x.size()));
                EXPECT_TRUE(all_equal(got.dgamma, 0));
                EXPECT_EQ(got.dz, problem.dy);
            }
}

TEST_P(Degenerate, OneConstantStatisticWithEpsilonZeroGivesZeroThereAndLeavesTheOthersRight) {
    for (const auto &[mean, variance] : every_estimator_pair()) {
        // Towards the grand mean a variance of 0 is shrunk to another one.
        if (variance == JSNORM_ESTIMATOR_GRAND_MEAN || variance == JSNORM_ESTIMATOR_SAMPLING)
            continue;
        for (const Layout layout : kLayouts)
            for (const jsnormNormKind_t kind : {JSNORM_BATCH_NORM, JSNORM_LAYER_NORM}) {
                CaseOptions options = options_for(mean, variance, 0);
                options.mean = 3;
                Case problem = make_case(kind, {2, 5, 6}, options);
                const std::vector<int64_t> statistic = statistic_indices(problem);
                for (size_t e = 0; e < problem.x.size(); ++e)
                    if (statistic[e] == 1) problem.x[e] = 4;
                expect_agreement(problem, GetParam(), layout);

                problem = rounded_to(problem, GetParam());
                const RunResult got = run(problem, run_options(GetParam(), layout));
                const std::vector<int64_t> parameter = parameter_indices(problem);
                for (size_t e = 0; e < problem.x.size(); ++e) {
                    if (statistic[e] != 1) continue;
                    const double beta = problem.beta[static_cast<size_t>(parameter[e])];
                    ASSERT_EQ(got.y[e], round_to(GetParam(), beta));
                    ASSERT_EQ(got.dx[e], 0);
                }
            }
    }
}

TEST_P(Degenerate, AVectorOfZeroVariancesHasFactorOneAndNoDerivative) {
    for (const auto &[mean, variance] : every_estimator_pair())
        for (const Layout layout : kLayouts)
            for (const Case &pattern : small_cases(options_for(mean, variance))) {
                const Case problem = constant_case(
                    pattern, [](int64_t k) { return 2.0 + 0.25 * static_cast<double>(k % 5); });
                expect_agreement(problem, GetParam(), layout);
                const RunResult got =
                    run(rounded_to(problem, GetParam()), run_options(GetParam(), layout));
                EXPECT_TRUE(all_equal(got.saved_variance, 0)) << describe(problem);
                if (variance == JSNORM_ESTIMATOR_JAMES_STEIN) {
                    EXPECT_TRUE(all_equal(got.shrunk_variance, 0)) << describe(problem);
                }
            }
}

// Of equal entries rho is 1, and by rounding now and then above it: s must not be.
TEST_P(Degenerate, EqualStatisticsAreNotShrunkToMoreThanThemselves) {
    for (const jsnormEstimator_t estimator :
         {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_STEIN_CORRECTED})
        for (int64_t K = 3; K < 200; ++K)
            for (const double value : {0.1, 1.0 / 3, -0.7}) {
                CaseOptions options = options_for(estimator, JSNORM_ESTIMATOR_NONE);
                options.running = false;
                Case problem = make_case(JSNORM_BATCH_NORM, {2, K}, options);
                problem.x.assign(problem.x.size(), value);
                const RunResult got = run(problem, run_options(GetParam()));
                for (size_t k = 0; k < got.saved_mean.size(); ++k) {
                    const double mean = std::abs(got.saved_mean[k]);
                    ASSERT_LE(std::abs(got.shrunk_mean[k]), mean) << "K " << K;
                    ASSERT_NEAR(std::abs(got.shrunk_mean[k]), mean, 1e-15) << "K " << K;
                }
            }
}

// Elements in pairs +a, -a: means of exactly 0, and with a = 0 variances as well.
TEST_P(Degenerate, AVectorOfZeroMeansHasFactorOneAndNoDerivative) {
    for (const auto &[mean, variance] : every_estimator_pair())
        for (const double size : {0.0, 1.0})
            for (const double epsilon : {0.0, 1e-5})
                for (const jsnormNormKind_t kind : {JSNORM_BATCH_NORM, JSNORM_LAYER_NORM})
                    for (const Layout layout : kLayouts) {
                        Case problem =
                            make_case(kind, {2, 5, 6}, options_for(mean, variance, epsilon));
                        const std::vector<int64_t> statistic = statistic_indices(problem);
                        for (size_t e = 0; e < problem.x.size(); ++e) {
                            const auto k = static_cast<double>(statistic[e] % 5);
                            problem.x[e] = size * (e % 2 == 0 ? 1 + k / 4 : -1 - k / 4);
                        }
                        expect_agreement(problem, GetParam(), layout);
                        const RunResult got =
                            run(rounded_to(problem, GetParam()), run_options(GetParam(), layout));
                        EXPECT_TRUE(all_equal(got.shrunk_mean, 0)) << describe(problem);
                        EXPECT_TRUE(all_finite(got.y) && all_finite(got.dx) &&
                                    all_finite(got.dgamma))
                            << describe(problem);
                    }
}

INSTANTIATE_TEST_SUITE_P(Types, Degenerate, testing::ValuesIn(every_data_type()),
                         [](const auto &instance) { return name_of(instance.param); });

}  // namespace
}  // namespace jsnorm::test
