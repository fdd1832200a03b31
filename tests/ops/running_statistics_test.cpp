// SPDX-License-Identifier: Apache-2.0
//
// Running statistics (docs/math.md, section 2), by formulas of this file's own: from the statistics
// that the library reports, what must it have accumulated? And what does inference make of it?

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/ops/same_bits.hpp"
#include "tests/support/agreement.hpp"
#include "tests/support/oracle_shrinkage.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const std::vector<jsnormNormKind_t> kBatchKinds = {JSNORM_BATCH_NORM,
                                                   JSNORM_BATCH_NORM_PER_ACTIVATION};

// Training alone: the previous statistics may be NaN.
RunOptions training_options(jsnormDataType_t type = JSNORM_DOUBLE) {
    RunOptions options;
    options.type = type;
    options.thread_count = 1;
    options.inference = options.backward = options.backward_fixed = false;
    return options;
}

// The variance is multiplied by R/max(R-1,1) unless BIASED says no, and never where an estimator's
// own constants would be undone.
double correction_of(const Case &problem) {
    const auto R = static_cast<double>(view_of(problem).elements_per_statistic);
    switch (problem.variance_estimator) {
        case JSNORM_ESTIMATOR_STEIN_CORRECTED:
        case JSNORM_ESTIMATOR_RIDGE:
        case JSNORM_ESTIMATOR_LASSO:
            return 1;
        default:
            break;
    }
    const bool biased = problem.running_variance_correction == JSNORM_RUNNING_VARIANCE_BIASED;
    return biased ? 1 : R / (R > 1 ? R - 1 : 1);
}

Values averaged(const Values &previous, const Values &current, double factor, double correction) {
    Values next;
    for (size_t k = 0; k < current.size(); ++k) {
        const double old_part = factor == 1 ? 0 : (1 - factor) * previous[k];
        next.push_back(old_part + factor * correction * current[k]);
    }
    return next;
}

void expect_close(const char *name, const Values &got, const Values &expected,
                  jsnormDataType_t type) {
    const double step = type == JSNORM_FLOAT ? kFloatStep : 1e-15;
    Rule rule = double_rule(1, expected);
    rule.type = type;
    rule.tolerance = step;
    const Verdict verdict = compare(name, got, expected, rule);
    EXPECT_TRUE(verdict.accepted) << verdict.message;
}

void expect_update(const Case &problem, const RunResult &got, double factor,
                   jsnormDataType_t type) {
    const bool raw = problem.running_mode == JSNORM_RUNNING_RAW;
    expect_close("running mean", got.next_running_mean,
                 averaged(problem.running_mean, raw ? got.saved_mean : got.shrunk_mean, factor, 1),
                 type);
    expect_close("running variance", got.next_running_variance,
                 averaged(problem.running_variance, raw ? got.saved_variance : got.shrunk_variance,
                          factor, correction_of(problem)),
                 type);
}

// NaN is NaN, and 0 is not -0.
bool same_value(double got, double expected) {
    if (std::isnan(expected)) return std::isnan(got);
    return got == expected && std::signbit(got) == std::signbit(expected);
}

// Every estimator of the variance with a mean of its own, in both modes and corrections.
template <typename Body>
void for_every_rule(jsnormNormKind_t kind, const std::vector<int64_t> &dims, const Body &body) {
    for (const jsnormEstimator_t estimator : every_estimator())
        for (const auto mode : {JSNORM_RUNNING_SHRUNK, JSNORM_RUNNING_RAW})
            for (const auto variance :
                 {JSNORM_RUNNING_VARIANCE_CORRECTED, JSNORM_RUNNING_VARIANCE_BIASED}) {
                CaseOptions options;
                options.mean_estimator = options.variance_estimator = estimator;
                Case problem = make_case(kind, dims, options);
                problem.running_mode = mode;
                problem.running_variance_correction = variance;
                SCOPED_TRACE(describe(problem));
                body(problem);
            }
}

class RunningUpdate : public testing::TestWithParam<jsnormDataType_t> {};

TEST_P(RunningUpdate, IsTheWeightedAverageOfThePreviousAndTheNewStatistics) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for_every_rule(kind, {4, 5, 3}, [](Case problem) {
            for (const jsnormDataType_t running : every_data_type())
                for (const InPlace place : {InPlace::No, InPlace::Input})
                    for (const double factor : {0.0, 0.1, 0.75, 1.0}) {
                        RunOptions options = training_options(GetParam());
                        options.running_type = running;
                        options.in_place = place;
                        problem.factor = factor;
                        const Case given = rounded_to(problem, GetParam(),
                                                      default_parameter_type(GetParam()), running);
                        expect_update(given, run(given, options), factor, running);
                    }
        });
}

TEST_P(RunningUpdate, AgreesWithTheOracle) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for_every_rule(kind, {6, 5, 3}, [](const Case &problem) {
            RunOptions options = training_options(GetParam());
            for (const jsnormDataType_t running : every_data_type()) {
                options.running_type = running;
                const Agreement agreement = agree_with_oracle(problem, options);
                EXPECT_EQ(agreement.complaints, "");
                EXPECT_TRUE(agreement.compared("next_running_mean"));
                EXPECT_TRUE(agreement.compared("next_running_variance"));
            }
        });
}

INSTANTIATE_TEST_SUITE_P(Types, RunningUpdate, testing::ValuesIn(every_data_type()),
                         [](const auto &with) { return std::string(name_of(with.param)); });

TEST(RunningStep, TurnsTheUpdatesIntoTheMeanOverAllSteps) {
    for_every_rule(JSNORM_BATCH_NORM, {4, 5, 3}, [](const Case &first) {
        const size_t K = 5;
        Values mean_sum(K), variance_sum(K);
        Values running_mean(K, kNan), running_variance(K, kNan);  // unread at step 0
        const bool raw = first.running_mode == JSNORM_RUNNING_RAW;
        for (int64_t step = 0; step < 6; ++step) {
            CaseOptions case_options;
            case_options.mean_estimator = first.mean_estimator;
            case_options.variance_estimator = first.variance_estimator;
            case_options.seed = 10 + static_cast<uint64_t>(step);
            Case problem = make_case(first.kind, first.dims, case_options);
            problem.running_mode = first.running_mode;
            problem.running_variance_correction = first.running_variance_correction;
            problem.running_mean = running_mean;
            problem.running_variance = running_variance;
            RunOptions options = training_options();
            options.step = step;
            options.in_place = step % 2 == 0 ? InPlace::No : InPlace::Input;
            const RunResult result = run(problem, options);
            running_mean = result.next_running_mean;
            running_variance = result.next_running_variance;
            const Values &mean = raw ? result.saved_mean : result.shrunk_mean;
            const Values &variance = raw ? result.saved_variance : result.shrunk_variance;
            Values mean_so_far(K), variance_so_far(K);
            const auto updates = static_cast<double>(step + 1);
            for (size_t k = 0; k < K; ++k) {
                mean_so_far[k] = (mean_sum[k] += mean[k]) / updates;
                variance_so_far[k] =
                    (variance_sum[k] += correction_of(problem) * variance[k]) / updates;
            }
            const double tolerance = 1e-14;
            for (size_t k = 0; k < K; ++k) {
                EXPECT_NEAR(running_mean[k], mean_so_far[k], tolerance) << "step " << step;
                EXPECT_NEAR(running_variance[k], variance_so_far[k], tolerance) << "step " << step;
            }
        }
    });
}

// At factor 1 and at step 0 the previous statistics are not read: NaN there, or nothing there at
// all, is the same.
TEST(RunningFactorOne, DoesNotReadThePreviousStatistics) {
    for_every_rule(JSNORM_BATCH_NORM, {4, 5, 3}, [](Case problem) {
        for (const bool by_step : {false, true})
            for (const InPlace place : {InPlace::No, InPlace::Input}) {
                RunOptions options = training_options(JSNORM_FLOAT);
                options.in_place = place;
                problem.factor = by_step ? 0.25 : 1;  // not used where there is a step
                if (by_step) options.step = 0;
                const RunResult plain = run(problem, options);
                expect_update(problem, plain, 1, JSNORM_FLOAT);
                Case poisoned = problem;
                for (double &value : poisoned.running_mean) value = kNan;
                for (double &value : poisoned.running_variance) value = kNan;
                EXPECT_EQ(differences(run(poisoned, options).raw, plain.raw), "");
                if (by_step) continue;
                poisoned.running_mean = poisoned.running_variance = {};
                EXPECT_EQ(differences(run(poisoned, options).raw, plain.raw), "");
            }
    });
}

// At factor 0 the new statistics do not count: NaN or infinity in x, which shrinkage would take to
// every channel, changes no bit of the previous ones, and -0.0 stays -0.0.
TEST(RunningFactorZero, KeepsThePreviousBitsWhateverTheNewStatisticsAre) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const auto estimator : {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_JAMES_STEIN})
        for (const auto mode : {JSNORM_RUNNING_SHRUNK, JSNORM_RUNNING_RAW})
            for (const double bad : {kNan, kInfinity, -kInfinity, 1.0})
                for (const InPlace place : {InPlace::No, InPlace::Input})
                    for (const bool in_phases : {false, true}) {
                        CaseOptions case_options;
                        case_options.mean_estimator = case_options.variance_estimator = estimator;
                        Case problem = make_case(JSNORM_BATCH_NORM, {4, 4, 3}, case_options);
                        problem.running_mode = mode;
                        problem.factor = 0;
                        problem.running_mean = {5, -0.0, kNan, -3};
                        problem.running_variance = {7, 0.0, 1, kInfinity};
                        problem.x[0] = bad;
                        RunOptions options = training_options(JSNORM_FLOAT);
                        options.in_place = place;
                        const RunResult got = in_phases ? run_phases(problem, options, {{1, 0, 3}})
                                                        : run(problem, options);
                        for (size_t k = 0; k < 4; ++k) {
                            const std::string where = std::string(name_of(estimator)) + ", " +
                                                      std::to_string(bad) + " in x, channel " +
                                                      std::to_string(k);
                            EXPECT_TRUE(
                                same_value(got.next_running_mean[k], problem.running_mean[k]))
                                << where;
                            EXPECT_TRUE(same_value(got.next_running_variance[k],
                                                   problem.running_variance[k]))
                                << where;
                        }
                    }
}

// R/max(R-1,1): one element has no variance to correct, two have twice as much.
TEST(RunningVarianceCorrection, IsOneForASingleElementAndTwoForTwo) {
    for (const int64_t samples : {1, 2}) {
        CaseOptions case_options;
        case_options.variance_estimator = JSNORM_ESTIMATOR_NONE;
        Case problem = make_case(JSNORM_BATCH_NORM, {samples, 5}, case_options);
        problem.factor = 1;
        const RunResult result = run(problem, training_options());
        for (size_t k = 0; k < 5; ++k)
            EXPECT_EQ(result.next_running_variance[k],
                      static_cast<double>(samples) * result.saved_variance[k]);
    }
}

RunOptions inference_options(jsnormDataType_t type) {
    RunOptions options;
    options.type = type;
    options.thread_count = 1;
    options.training = options.backward = false;
    return options;
}

// RAW inference is inference by the vectors shrunk beforehand; the estimators that depend on R take
// the one that the running statistics are of, or else that of x.
TEST(RunningRaw, InferenceAndItsGradientShrinkTheRunningVectors) {
    for (const jsnormDataType_t type : every_data_type())
        for_every_rule(JSNORM_BATCH_NORM, {4, 6, 3}, [&](const Case &pattern) {
            if (pattern.running_mode != JSNORM_RUNNING_RAW) return;
            for (const int64_t count : {0, 3, 1000}) {
                Case problem =
                    rounded_to(pattern, type, default_parameter_type(type), JSNORM_DOUBLE);
                problem.running_element_count = count;
                Case shrunk = problem;
                shrunk.running_mode = JSNORM_RUNNING_SHRUNK;
                const int64_t R = count == 0 ? 12 : count;
                const bool unbiased = correction_of(problem) != 1;
                shrunk.running_mean =
                    shrink({Shrinkage::Of::Mean, problem.mean_estimator, problem.lambda,
                            problem.epsilon, R, problem.effective_fraction, unbiased},
                           problem.running_mean, problem.running_variance);
                shrunk.running_variance =
                    shrink({Shrinkage::Of::Variance, problem.variance_estimator, problem.lambda,
                            problem.epsilon, R, problem.effective_fraction, unbiased},
                           problem.running_variance, problem.running_variance);
                RunOptions options = inference_options(type);
                options.running_type = JSNORM_DOUBLE;
                const RunResult got = run(problem, options);
                const RunResult expected = run(shrunk, options);
                const Result terms = oracle_backward_fixed(shrunk);
                const std::vector<Verdict> verdicts =
                    judge(shrunk, got, expected, terms, {type, default_parameter_type(type)});
                EXPECT_EQ(verdicts.size(), 4u);
                for (const Verdict &verdict : verdicts)
                    EXPECT_TRUE(verdict.accepted) << "R = " << R << " " << verdict.message;
            }
        });
}

// What SAMPLING computes at inference from RAW statistics of one batch is what it computed in
// training, whether they hold the variance with the divisor R or with R-1.
TEST(RunningRaw, OfOneBatchGivesWhatSamplingGaveInTraining) {
    for (const auto correction :
         {JSNORM_RUNNING_VARIANCE_CORRECTED, JSNORM_RUNNING_VARIANCE_BIASED}) {
        CaseOptions case_options;
        case_options.mean_estimator = case_options.variance_estimator = JSNORM_ESTIMATOR_SAMPLING;
        case_options.epsilon = 0;  // so that a common factor of the variances is one of y
        case_options.gamma = case_options.beta = false;
        Case problem = make_case(JSNORM_BATCH_NORM, {4, 6, 3}, case_options);
        problem.running_mode = JSNORM_RUNNING_RAW;
        problem.running_variance_correction = correction;
        problem.factor = 1;
        const RunResult trained = run(problem, training_options());
        problem.running_mean = trained.next_running_mean;
        problem.running_variance = trained.next_running_variance;
        const bool corrected = correction == JSNORM_RUNNING_VARIANCE_CORRECTED;
        const double factor = corrected ? std::sqrt(11.0 / 12.0) : 1;  // R = 12
        const Values inferred = run(problem, inference_options(JSNORM_DOUBLE)).y_inference;
        for (size_t e = 0; e < inferred.size(); ++e)
            EXPECT_NEAR(inferred[e], trained.y[e] * factor, 1e-13) << e;
    }
}

TEST(RunningElementCount, MattersToRawStatisticsAlone) {
    for (const auto mode : {JSNORM_RUNNING_SHRUNK, JSNORM_RUNNING_RAW})
        for (const jsnormEstimator_t estimator : every_estimator()) {
            CaseOptions case_options;
            case_options.mean_estimator = case_options.variance_estimator = estimator;
            Case problem = make_case(JSNORM_BATCH_NORM, {4, 6, 3}, case_options);
            problem.running_mode = mode;
            const RunOptions options = inference_options(JSNORM_DOUBLE);
            problem.running_element_count = 12;
            const Outputs own = run(problem, options).raw;
            problem.running_element_count = 0;
            EXPECT_EQ(differences(run(problem, options).raw, own), "") << describe(problem);
            problem.running_element_count = 5;
            const bool depends =
                mode == JSNORM_RUNNING_RAW &&
                (estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED ||
                 estimator == JSNORM_ESTIMATOR_RIDGE || estimator == JSNORM_ESTIMATOR_LASSO ||
                 estimator == JSNORM_ESTIMATOR_SAMPLING);
            EXPECT_EQ(differences(run(problem, options).raw, own) != "", depends)
                << describe(problem);
        }
}

}  // namespace
}  // namespace jsnorm::test
