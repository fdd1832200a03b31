// SPDX-License-Identifier: Apache-2.0
//
// The headline: float results do not lose accuracy when the mean is large against the deviation.
// Judged against the oracle on the inputs as rounded to float, with epsilon 0 so that nothing but
// the data's own deviation divides. Each figure is printed, and recorded as a property of its test.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>

#include "tests/support/api_runner.hpp"

namespace jsnorm::test {
namespace {

// The promise, for every mean and deviation: xhat to 1e-5 of max(1, |xhat|), gradients to 1e-5 of
// the largest entry of their tensor.
constexpr double kPromise = 1e-5;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Placement {
    const char *name;
    jsnormNormKind_t kind;
    Layout layout;
};

// Four statistics of n elements each.
std::vector<int64_t> dims_of(const Placement &placement, int64_t n) {
    if (placement.kind == JSNORM_LAYER_NORM) return {1, 4, n};
    const int64_t samples = n % 4 == 0 ? 4 : n;
    return {samples, 4, n / samples};
}

struct Data {
    double mean, deviation;
    int64_t n;
    double epsilon = 0;
};

// Statistics as far apart as their elements: all of one size, so that xhat is of order 1.
CaseOptions options_for(const Data &data, jsnormEstimator_t estimator) {
    CaseOptions options;
    options.mean_estimator = options.variance_estimator = estimator;
    options.mean = data.mean;
    options.mean_spread = options.deviation = data.deviation;
    options.epsilon = data.epsilon;
    options.running = false;
    // Variances are thresholded at a quarter of themselves.
    if (estimator == JSNORM_ESTIMATOR_LASSO) options.lambda = data.deviation * data.deviation / 2;
    options.seed = 7;
    return options;
}

Case forward_case(const Placement &placement, const Data &data, jsnormEstimator_t estimator) {
    CaseOptions options = options_for(data, estimator);
    options.gamma = options.beta = false;  // y is xhat
    Case problem = make_case(placement.kind, dims_of(placement, data.n), options);
    problem.dy.clear();
    return rounded_to(problem, JSNORM_FLOAT);
}

RunResult run_in_float(const Case &problem, Layout layout) {
    RunOptions options;
    options.type = JSNORM_FLOAT;
    options.layout = layout;
    options.inference = options.backward_fixed = false;
    return run(problem, options);
}

double largest_of(const std::vector<double> &values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

// Infinite where a value is missing or not finite.
double xhat_error(const std::vector<double> &got, const std::vector<double> &expected) {
    if (got.size() != expected.size()) return kInfinity;
    double worst = 0;
    for (size_t i = 0; i < got.size(); ++i) {
        const double error = std::abs(got[i] - expected[i]) / std::max(1.0, std::abs(expected[i]));
        if (!(error <= worst)) worst = std::isnan(error) ? kInfinity : error;
    }
    return worst;
}

double error_of_largest(const std::vector<double> &got, const std::vector<double> &expected) {
    if (got.size() != expected.size()) return kInfinity;
    double worst = 0;
    for (size_t i = 0; i < got.size(); ++i) {
        const double error = std::abs(got[i] - expected[i]);
        if (!(error <= worst)) worst = std::isnan(error) ? kInfinity : error;
    }
    return worst / largest_of(expected);
}

std::string describe(const Data &data) {
    char text[96];
    std::snprintf(text, sizeof text, "mean %g, deviation %g, n %lld, epsilon %g", data.mean,
                  data.deviation, static_cast<long long>(data.n), data.epsilon);
    return text;
}

void report(const char *figure, double error) {
    const auto *info = testing::UnitTest::GetInstance()->current_test_info();
    char text[32];
    std::snprintf(text, sizeof text, "%.2e", error);
    testing::Test::RecordProperty(figure, text);
    std::cout << info->name() << ": " << figure << " " << text << "\n";
}

class AccuracyFigures : public testing::TestWithParam<std::tuple<Placement, jsnormEstimator_t>> {
  protected:
    const Placement placement = std::get<0>(GetParam());
    const jsnormEstimator_t estimator = std::get<1>(GetParam());

    double error_in_xhat(const Data &data) const {
        const Case problem = forward_case(placement, data, estimator);
        return xhat_error(run_in_float(problem, placement.layout).y, oracle_forward(problem).y);
    }
};

TEST_P(AccuracyFigures, XhatIsRightForEveryRatioOfMeanToDeviation) {
    double worst = 0;
    for (const int64_t n : {3, 768, 4096, 65536})
        for (const double epsilon : {0.0, 1e-5})
            for (const double deviation : {1.0, 1e-2, 1e-4})
                for (const double mean : {0.0, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}) {
                    if (n == 65536 && epsilon != 0) continue;  // no other arithmetic than at 4096
                    const Data data{mean, deviation, n, epsilon};
                    const double error = error_in_xhat(data);
                    EXPECT_LE(error, kPromise) << describe(data);
                    worst = std::max(worst, error);
                }
    report("worst error in xhat, any mean and deviation", worst);
}

TEST_P(AccuracyFigures, XhatAndGradientsAreRightAtMean1e4Deviation1em2) {
    double xhat = 0, dx = 0, dgamma = 0, dbeta = 0;
    for (const int64_t n : {3, 768, 4096, 65536}) {
        const Data data{1e4, 1e-2, n};
        SCOPED_TRACE(describe(data));
        xhat = std::max(xhat, error_in_xhat(data));

        const Case problem = rounded_to(
            make_case(placement.kind, dims_of(placement, n), options_for(data, estimator)),
            JSNORM_FLOAT);
        const Result expected = oracle_backward(problem);
        const RunResult got = run_in_float(problem, placement.layout);
        dx = std::max(dx, error_of_largest(got.dx, expected.dx));
        dgamma = std::max(dgamma, error_of_largest(got.dgamma, expected.dgamma));
        dbeta = std::max(dbeta, error_of_largest(got.dbeta, expected.dbeta));
        EXPECT_LE(xhat, kPromise);
        EXPECT_LE(dx, kPromise);
        EXPECT_LE(dgamma, kPromise);
        EXPECT_LE(dbeta, kPromise);
    }
    report("error in xhat at mean 1e4, deviation 1e-2", xhat);
    report("error in dx, of its largest entry", dx);
    report("error in dgamma, of its largest entry", dgamma);
    report("error in dbeta, of its largest entry", dbeta);
}

TEST_P(AccuracyFigures, XhatIsRightBesideAnOutlierOfTenMillionDeviations) {
    double worst = 0;
    for (const int64_t n : {768, 4096, 65536})
        for (const int64_t position : {int64_t{0}, n / 2, n - 1}) {
            Case problem = forward_case(placement, {0, 1, n}, estimator);
            const std::vector<int64_t> statistic = statistic_indices(problem);
            int64_t seen = 0;  // of the elements of statistic 1
            for (size_t e = 0; e < problem.x.size(); ++e)
                if (statistic[e] == 1 && seen++ == position) problem.x[e] = 1e7;
            const double error =
                xhat_error(run_in_float(problem, placement.layout).y, oracle_forward(problem).y);
            EXPECT_LE(error, kPromise) << "n " << n << ", outlier at " << position;
            worst = std::max(worst, error);
        }
    report("worst error in xhat beside an outlier", worst);
}

std::string name_of_parameters(
    const testing::TestParamInfo<std::tuple<Placement, jsnormEstimator_t>> &info) {
    return std::string(std::get<0>(info.param).name) +
           (std::get<1>(info.param) == JSNORM_ESTIMATOR_NONE ? "None" : "JamesStein");
}

const Placement kPlacements[] = {
    {"BatchNchw", JSNORM_BATCH_NORM, Layout::Packed},
    {"BatchNhwc", JSNORM_BATCH_NORM, Layout::ChannelsLast},
    {"LayerRows", JSNORM_LAYER_NORM, Layout::Packed},
};

INSTANTIATE_TEST_SUITE_P(Float, AccuracyFigures,
                         testing::Combine(testing::ValuesIn(kPlacements),
                                          testing::Values(JSNORM_ESTIMATOR_NONE,
                                                          JSNORM_ESTIMATOR_JAMES_STEIN)),
                         name_of_parameters);

TEST(Accuracy, XhatIsRightForEveryPairOfEstimators) {
    for (const Placement &placement : kPlacements)
        for (const auto &[mean_estimator, variance_estimator] : every_estimator_pair())
            for (const double mean : {0.0, 1e4, 1e7})
                for (const double deviation : {1.0, 1e-2}) {
                    const Data data{mean, deviation, 768};
                    Case problem = forward_case(placement, data, variance_estimator);
                    problem.mean_estimator = mean_estimator;
                    EXPECT_LE(xhat_error(run_in_float(problem, placement.layout).y,
                                         oracle_forward(problem).y),
                              kPromise)
                        << placement.name << ", " << describe(data) << ", "
                        << name_of(mean_estimator) << ", " << name_of(variance_estimator);
                }
}

// Where float can no longer tell the elements apart they are equal, and xhat is 0: such data must
// not be most of what the figures above rest on.
TEST(Accuracy, MostOfTheSweepHasElementsThatDiffer) {
    int all = 0, constant = 0;
    for (const double deviation : {1.0, 1e-2, 1e-4})
        for (const double mean : {0.0, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}) {
            const Case problem =
                forward_case(kPlacements[0], {mean, deviation, 768}, JSNORM_ESTIMATOR_NONE);
            constant += largest_of(oracle_forward(problem).y) == 0;
            ++all;
        }
    EXPECT_EQ(all, 27);
    EXPECT_LE(constant, 5);
}

}  // namespace
}  // namespace jsnorm::test
