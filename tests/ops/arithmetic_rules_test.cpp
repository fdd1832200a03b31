// SPDX-License-Identifier: Apache-2.0
//
// docs/math.md section 2, "what the arithmetic must do": one test for each of its five rules, on
// data that tell whether the rule is kept. The proof stands beside it: the same quantity computed
// with the rule broken, in the way it is usually broken, misses the tolerance by far.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/api_runner.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;

constexpr double kPromise = 1e-5;         // as in accuracy_test.cpp
constexpr double kBroken = 5 * kPromise;  // what a broken rule must at least cost
constexpr double kInfinity = std::numeric_limits<double>::infinity();

RunResult run_in_float(const Case &problem, Layout layout = Layout::Packed) {
    RunOptions options;
    options.type = JSNORM_FLOAT;
    options.layout = layout;
    options.inference = options.backward_fixed = false;
    return run(problem, options);
}

// The largest error, in units of max(unit, |expected|).
double error_of(const Values &got, const Values &expected, double unit) {
    if (got.size() != expected.size()) return kInfinity;
    double worst = 0;
    for (size_t i = 0; i < got.size(); ++i) {
        const double size = std::max(unit, std::abs(expected[i]));
        const double error = std::abs(got[i] - expected[i]) / size;
        if (!(error <= worst)) worst = std::isnan(error) ? kInfinity : error;
    }
    return worst;
}

double xhat_error(const Values &got, const Values &expected) {
    return error_of(got, expected, 1);
}

double largest_of(const Values &values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

double error_of_largest(const Values &got, const Values &expected) {
    return error_of(got, expected, largest_of(expected));
}

// Batch norm of float data without parameters, epsilon 0, so that y is xhat.
Case plain_case(std::vector<int64_t> dims, jsnormEstimator_t estimator, Values x, Values dy = {}) {
    Case problem;
    problem.dims = std::move(dims);
    problem.mean_estimator = problem.variance_estimator = estimator;
    problem.epsilon = 0;
    problem.x = std::move(x);
    problem.dy = std::move(dy);
    return rounded_to(problem, JSNORM_FLOAT);
}

Values normals(size_t count, double mean, double deviation, uint64_t seed = 3) {
    Random random(seed);
    Values values(count);
    for (double &value : values) value = mean + deviation * random.normal();
    return values;
}

// One chain of float additions, however long.
template <typename Term>
float float_sum(size_t count, Term term) {
    float sum = 0;
    for (size_t i = 0; i < count; ++i) sum += static_cast<float>(term(i));
    return sum;
}

// The same in 32 chains, added up in double: what a warp does.
template <typename Term>
double lane_sum(size_t count, Term term) {
    float lanes[32] = {};
    for (size_t i = 0; i < count; ++i) lanes[i % 32] += static_cast<float>(term(i));
    double sum = 0;
    for (const float lane : lanes) sum += static_cast<double>(lane);
    return sum;
}

Values standardized(const Values &x, double mean, double variance) {
    Values xhat;
    for (const double value : x) xhat.push_back((value - mean) / std::sqrt(variance));
    return xhat;
}

// ---- 1: statistics about a pivot, corrected by the residual, from short chains
// -------------------

TEST(ArithmeticRules, StatisticsAreRightWhereARoundedMeanMissesByPartsOfADeviation) {
    const size_t n = 4096;
    for (const double mean : {1e4, 1e4 + 0.00043, -12345.6789}) {
        const Case problem =
            plain_case({4, 1, 1024}, JSNORM_ESTIMATOR_NONE, normals(n, mean, 1e-2));
        const Result right = oracle_forward(problem);
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast})
            EXPECT_LE(xhat_error(run_in_float(problem, layout).y, right.y), kPromise);

        const auto plain = static_cast<float>(lane_sum(n, [&](size_t i) { return problem.x[i]; }) /
                                              static_cast<double>(n));
        EXPECT_GE(xhat_error(standardized(problem.x, plain, right.saved_variance[0]), right.y),
                  kBroken);
        const auto rounded = static_cast<float>(right.saved_mean[0]);
        EXPECT_GE(xhat_error(standardized(problem.x, rounded, right.saved_variance[0]), right.y),
                  kBroken);
    }
}

TEST(ArithmeticRules, StatisticsAreRightWhereThePivotIsAnOutlier) {
    const size_t n = 4096;
    Values x = normals(n, 0, 1);
    x[0] = 1e7;
    const Case problem = plain_case({4, 1, 1024}, JSNORM_ESTIMATOR_NONE, x);
    const Result right = oracle_forward(problem);
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast})
        EXPECT_LE(xhat_error(run_in_float(problem, layout).y, right.y), kPromise);

    // One sweep about the first element, without a second about the mean.
    const auto d = [&](size_t i) {
        return static_cast<float>(problem.x[i]) - static_cast<float>(problem.x[0]);
    };
    const double shift = lane_sum(n, d) / static_cast<double>(n);
    const double squares =
        lane_sum(n, [&](size_t i) { return d(i) * d(i); }) / static_cast<double>(n);
    const Values broken = standardized(problem.x, problem.x[0] + shift, squares - shift * shift);
    EXPECT_GE(xhat_error(broken, right.y), kBroken);
}

TEST(ArithmeticRules, StatisticsAreRightWhereALongChainOfSquaresLosesAllTheSameWay) {
    // Every deviation is 11 steps of float at the mean, every square 121 units: beyond 2^24 units
    // each addition rounds the same way.
    const size_t n = 1 << 20;
    Values x(n);
    for (size_t i = 0; i < n; ++i) x[i] = 1e4 + (i % 2 == 0 ? 11 : -11) * 0x1p-10;
    const Case problem = plain_case({4, 1, 1 << 18}, JSNORM_ESTIMATOR_NONE, x);
    const Result right = oracle_forward(problem);
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast})
        EXPECT_LE(xhat_error(run_in_float(problem, layout).y, right.y), kPromise);

    const float squares = float_sum(n, [&](size_t i) {
        const float d = static_cast<float>(x[i]) - 1e4f;
        return d * d;
    });
    const double variance = static_cast<double>(squares) / static_cast<double>(n);
    EXPECT_GE(xhat_error(standardized(problem.x, 1e4, variance), right.y), kBroken);
}

// ---- 2: the shrunk mean as a pair -------------------------------------------------------------

TEST(ArithmeticRules, XhatIsRightWhereScaleAndShiftOrASingleMeanIsNotForEveryEstimator) {
    for (const jsnormEstimator_t estimator : every_estimator()) {
        CaseOptions data;
        data.mean_estimator = data.variance_estimator = estimator;
        data.mean = 1e4;
        data.mean_spread = data.deviation = 1e-2;
        data.lambda = 1e-5;
        data.epsilon = 0;
        data.gamma = data.beta = data.running = false;
        const Case problem =
            rounded_to(make_case(JSNORM_BATCH_NORM, {4, 6, 200}, data), JSNORM_FLOAT);
        const Result right = oracle_forward(problem);
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast})
            EXPECT_LE(xhat_error(run_in_float(problem, layout).y, right.y), kPromise)
                << name_of(estimator);

        const std::vector<int64_t> statistic = statistic_indices(problem);
        Values affine, headed;  // from the right statistics
        for (size_t e = 0; e < problem.x.size(); ++e) {
            const auto k = static_cast<size_t>(statistic[e]);
            const double mean = right.shrunk_mean[k];
            const double rstd = 1 / std::sqrt(right.shrunk_variance[k]);
            const auto x = static_cast<float>(problem.x[e]);
            const auto scale = static_cast<float>(rstd);
            affine.push_back(std::fma(scale, x, static_cast<float>(-mean * rstd)));
            headed.push_back((x - static_cast<float>(mean)) * scale);
        }
        EXPECT_GE(xhat_error(affine, right.y), kBroken) << name_of(estimator);
        EXPECT_GE(xhat_error(headed, right.y), kBroken) << name_of(estimator);
    }
}

// ---- 3: gradient sums from short chains -------------------------------------------------------

TEST(ArithmeticRules, GradientsAreRightWhereLongChainsOfOneSignAreNot) {
    // Few values, so that beyond some 10^5 terms every addition of one of them rounds the same way;
    // sum dy and sum dy*(x - mean) grow all the while.
    const size_t n = 1 << 19, count = 3 * n;
    const double pattern[4] = {0.37, -0.1, 0.23, -0.13};
    Values x(count), dy(count);
    for (size_t e = 0; e < count; ++e) {
        const size_t channel = e / (n / 2) % 3;
        x[e] = 3 + 0.25 * static_cast<double>(channel) + (e % 2 == 0 ? 1 : -1);
        dy[e] = pattern[e % 4];
    }
    const Case problem = plain_case({2, 3, 1 << 18}, JSNORM_ESTIMATOR_JAMES_STEIN, x, dy);
    const Result right = oracle_backward(problem);
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
        const RunResult got = run_in_float(problem, layout);
        EXPECT_LE(error_of_largest(got.dbeta, right.dbeta), kPromise);
        EXPECT_LE(error_of_largest(got.dgamma, right.dgamma), kPromise);
        EXPECT_LE(error_of_largest(got.dx, right.dx), kPromise);
    }

    const std::vector<int64_t> statistic = statistic_indices(problem);
    float sums[3] = {}, products[3] = {};
    for (size_t e = 0; e < count; ++e) {
        const auto k = static_cast<size_t>(statistic[e]);
        const auto centred = static_cast<float>(problem.x[e] - right.shrunk_mean[k]);
        sums[k] += static_cast<float>(problem.dy[e]);
        products[k] += static_cast<float>(problem.dy[e]) * centred;
    }
    Values dbeta, dgamma, dx = right.dx;
    for (size_t k = 0; k < 3; ++k) {
        dbeta.push_back(sums[k]);
        dgamma.push_back(products[k] / std::sqrt(right.shrunk_variance[k]));
    }
    // What an error of g1 does to dx by way of the mean alone, were nothing shrunk: -rstd*g1/R.
    for (size_t e = 0; e < count; ++e) {
        const auto k = static_cast<size_t>(statistic[e]);
        const double error = dbeta[k] - right.dbeta[k];
        dx[e] -= error / std::sqrt(right.shrunk_variance[k]) / static_cast<double>(n);
    }
    EXPECT_GE(error_of_largest(dbeta, right.dbeta), kBroken);
    EXPECT_GE(error_of_largest(dgamma, right.dgamma), kBroken);
    EXPECT_GE(error_of_largest(dx, right.dx), kBroken);
}

// ---- 4: everything over k in double -----------------------------------------------------------

// Per-activation batch norm of two samples: K statistics, in two halves of different means, with so
// little else between them that sums over k round the same way at every step.
Case many_statistics(size_t K) {
    Random random(8);
    Values x(2 * K), dy(2 * K);
    for (size_t k = 0; k < K; ++k) {
        const double mean = k < K / 2 ? 0.1 : 0.3;
        const double half_range = random.uniform(0.009999, 0.010001);
        x[k] = mean - half_range;
        x[K + k] = mean + half_range;
        dy[k] = random.uniform(1.0129, 1.0131);
        dy[K + k] = random.uniform(1.0129, 1.0131);
    }
    Case problem = plain_case({2, static_cast<int64_t>(K)}, JSNORM_ESTIMATOR_JAMES_STEIN, x, dy);
    problem.kind = JSNORM_BATCH_NORM_PER_ACTIVATION;
    problem.variance_estimator = JSNORM_ESTIMATOR_NONE;
    return problem;
}

TEST(ArithmeticRules, ShrinkageOfAHundredThousandStatisticsIsRightWhereFloatSumsAreNot) {
    const size_t K = 300000;  // beyond 46340 K*K does not fit 32 bits either
    const auto count = static_cast<double>(K);
    const Case problem = many_statistics(K);
    const Result right = oracle_backward(problem);
    const Values &mean = right.saved_mean;
    const RunResult got = run_in_float(problem);
    EXPECT_LE(xhat_error(got.y, right.y), kPromise);
    EXPECT_LE(error_of_largest(got.dx, right.dx), kPromise);

    const double A = float_sum(K, [&](size_t k) { return mean[k]; });
    const double Q = float_sum(K, [&](size_t k) { return mean[k] * mean[k]; });
    const double s = (2 + (count - 2) * (A * A / (count * Q))) / count;
    const auto rstd = [&](size_t k) { return 1 / std::sqrt(right.saved_variance[k]); };
    Values xhat;
    for (size_t e = 0; e < problem.x.size(); ++e)
        xhat.push_back((problem.x[e] - s * mean[e % K]) * rstd(e % K));
    EXPECT_GE(xhat_error(xhat, right.y), kBroken);

    // Backward with the right A and Q, and the dot product D of u and the means in float.
    double right_A = 0, right_Q = 0, right_D = 0;
    const auto term = [&](size_t k) {
        return -rstd(k) * (problem.dy[k] + problem.dy[K + k]) * mean[k];
    };
    for (size_t k = 0; k < K; ++k) {
        right_A += mean[k];
        right_Q += mean[k] * mean[k];
        right_D += term(k);
    }
    const double ratio = right_A / right_Q;
    const double error = float_sum(K, term) - right_D;
    Values dx = right.dx;
    for (size_t e = 0; e < dx.size(); ++e)
        dx[e] += error * 2 * ratio / count * (1 - ratio * mean[e % K]) / 2;
    EXPECT_GE(error_of_largest(dx, right.dx), kBroken);
}

// ---- 5: dx from factors in range --------------------------------------------------------------

// dx = rstd*(dy - g1/R) - rstd^3*h'*(x - mean)/R, h' = sum dy*(x - mean): the textbook's form.
Values textbook_gradient(const Case &problem, const Result &right, int64_t R) {
    const std::vector<int64_t> statistic = statistic_indices(problem);
    const size_t K = right.saved_mean.size();
    std::vector<float> g1(K), h(K);
    const auto centred = [&](size_t e) {
        return static_cast<float>(problem.x[e] -
                                  right.saved_mean[static_cast<size_t>(statistic[e])]);
    };
    for (size_t e = 0; e < problem.x.size(); ++e) {
        const auto k = static_cast<size_t>(statistic[e]);
        g1[k] += static_cast<float>(problem.dy[e]);
        h[k] += static_cast<float>(problem.dy[e]) * centred(e);
    }
    Values dx;
    for (size_t e = 0; e < problem.x.size(); ++e) {
        const auto k = static_cast<size_t>(statistic[e]);
        const auto rstd = static_cast<float>(1 / std::sqrt(right.saved_variance[k]));
        const auto count = static_cast<float>(R);
        const float cube = rstd * rstd * rstd;
        dx.push_back(rstd * (static_cast<float>(problem.dy[e]) - g1[k] / count) -
                     cube * h[k] * centred(e) / count);
    }
    return dx;
}

TEST(ArithmeticRules, DxIsRightWhereTheCubeOfRstdLeavesTheRangeOfFloat) {
    const int64_t R = 64, C = 5;
    for (const jsnormEstimator_t estimator :
         {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_GRAND_MEAN})
        for (const double scale : {1e-17, 1e-15, 1e15, 1e17}) {
            const auto count = static_cast<size_t>(R * C);
            Values dy = normals(count, 0, 1, 9);
            const Values x = normals(count, 2 * scale, scale, 10);
            // dy along x, so that the term with the cube is not a small one.
            for (size_t e = 0; e < count; ++e) dy[e] += x[e] / scale;
            const Case problem = plain_case({1, C, R}, estimator, x, dy);
            const Result right = oracle_backward(problem);
            for (const Layout layout : {Layout::Packed, Layout::ChannelsLast})
                EXPECT_LE(error_of_largest(run_in_float(problem, layout).dx, right.dx), kPromise)
                    << name_of(estimator) << ", scale " << scale;
            if (estimator == JSNORM_ESTIMATOR_NONE) {
                EXPECT_GE(error_of_largest(textbook_gradient(problem, right, R), right.dx), kBroken)
                    << "scale " << scale;
            }
        }
}

TEST(ArithmeticRules, DxIsRightInEveryChannelWhereVariancesSpanSixtyDecades) {
    const int64_t R = 64, C = 5;
    const double scales[C] = {1e-15, 1e-7, 1, 1e7, 1e15};
    const auto count = static_cast<size_t>(R * C);
    Values x = normals(count, 0, 1, 11);
    for (size_t e = 0; e < count; ++e) x[e] *= scales[e / static_cast<size_t>(R)];
    for (const jsnormEstimator_t estimator : {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE}) {
        const Case problem = plain_case({1, C, R}, estimator, x, normals(count, 1, 1, 12));
        const Result right = oracle_backward(problem);
        const RunResult got = run_in_float(problem);
        ASSERT_EQ(got.dx.size(), right.dx.size());
        for (int64_t c = 0; c < C; ++c) {
            const auto channel = [&](const Values &values) {
                return Values(values.begin() + c * R, values.begin() + (c + 1) * R);
            };
            EXPECT_LE(error_of_largest(channel(got.dx), channel(right.dx)), kPromise)
                << name_of(estimator) << ", deviation " << scales[c];
        }
    }
}

}  // namespace
}  // namespace jsnorm::test
