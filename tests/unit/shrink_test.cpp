// SPDX-License-Identifier: Apache-2.0
//
// Every estimator but SAMPLING (kernels/math/shrink.cuh) against the formulas of docs/math.md,
// sections 2 and 5, as they are printed there, at any scale; and its vector-Jacobian product
// against differences.

#include "kernels/math/shrink.cuh"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Vector = std::vector<double>;
using Real = long double;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const std::vector<jsnormEstimator_t> kEstimators = {
    JSNORM_ESTIMATOR_NONE,       JSNORM_ESTIMATOR_JAMES_STEIN,
    JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_STEIN_CORRECTED,
    JSNORM_ESTIMATOR_RIDGE,      JSNORM_ESTIMATOR_LASSO};

// ---- The estimator as the library's callers use it
// -----------------------------------------------

struct Rule {
    jsnormEstimator_t estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    StatisticKind statistic = StatisticKind::kMean;
    double elements = 20;
    double lambda = 0.5;
    double epsilon = 1e-5;
};

Shrinkage shrinkage_of(const Rule &rule, const Vector &theta) {
    double largest = 0;
    for (const double t : theta) largest = std::max(largest, std::fabs(t));
    const double scale = shrinkage_scale(largest);
    Real sum = 0, squares = 0, logs = 0;  // how the caller adds up is not what is tested
    for (const double t : theta) {
        sum += t * scale;
        squares += t * scale * (t * scale);
        logs += floored_log(t, rule.epsilon);
    }
    return make_shrinkage(
        {rule.estimator, rule.statistic, static_cast<double>(theta.size()), rule.elements,
         rule.lambda, rule.epsilon},
        {scale, static_cast<double>(sum), static_cast<double>(squares), static_cast<double>(logs)});
}

Vector shrunk(const Rule &rule, const Vector &theta) {
    const Shrinkage shrinkage = shrinkage_of(rule, theta);
    Vector result;
    for (const double t : theta) result.push_back(shrink(shrinkage, t));
    return result;
}

Vector gradient(const Rule &rule, const Vector &theta, const Vector &d) {
    const Shrinkage shrinkage = shrinkage_of(rule, theta);
    ShrinkageGradientSums sums;
    for (size_t k = 0; k < theta.size(); ++k) {
        sums.sum += d[k];
        sums.sum_products += d[k] * (theta[k] * shrinkage.scale);
    }
    Vector result;
    for (size_t k = 0; k < theta.size(); ++k)
        result.push_back(own_gradient_factor(shrinkage, theta[k]) * d[k] +
                         shared_gradient(shrinkage, sums, theta[k]));
    return result;
}

// ---- The estimator as docs/math.md prints it
// -----------------------------------------------------

// (1 - q * Var_k / ||theta||^2) * theta
Vector towards_zero(const Vector &theta, Real q) {
    Real mean = 0, variance = 0, squares = 0;
    const auto K = static_cast<Real>(theta.size());
    for (const double t : theta) mean += t / K;
    for (const double t : theta) {
        variance += (t - mean) * (t - mean) / K;
        squares += static_cast<Real>(t) * t;
    }
    Vector result;
    for (const double t : theta)
        result.push_back(static_cast<double>((1 - q * variance / squares) * t));
    return result;
}

Vector by_formula(const Rule &rule, const Vector &theta) {
    const auto K = static_cast<Real>(theta.size());
    const Real R = rule.elements;
    const bool variance = rule.statistic == StatisticKind::kVariance;
    Real mean = 0, logs = 0;
    for (const double t : theta) {
        mean += t / K;
        logs += std::log(static_cast<Real>(std::max(t, rule.epsilon))) / K;
    }
    Vector result;
    switch (rule.estimator) {
        case JSNORM_ESTIMATOR_JAMES_STEIN:
            return theta.size() < 3 ? theta : towards_zero(theta, K - 2);
        case JSNORM_ESTIMATOR_GRAND_MEAN:
            if (theta.size() < 4) return theta;
            for (const double t : theta)
                result.push_back(static_cast<double>(mean + 3 / K * (t - mean)));
            return result;
        case JSNORM_ESTIMATOR_STEIN_CORRECTED: {
            if (!variance)
                return theta.size() < 3 ? theta : towards_zero(theta, (K - 2) * K / (K + 1));
            const Real M = 4 * (K - 1) * R / ((R + 1) * ((R - 1) * K + 2));
            for (const double t : theta)
                result.push_back(static_cast<double>(R / (R + 1) * t + M * std::exp(logs)));
            return result;
        }
        case JSNORM_ESTIMATOR_RIDGE:
            for (const double t : theta)
                result.push_back(static_cast<double>(variance
                                                         ? t / (1 + static_cast<Real>(rule.lambda))
                                                         : t * (R / (R + rule.lambda))));
            return result;
        case JSNORM_ESTIMATOR_LASSO:
            for (const double t : theta) {
                const Real threshold = variance ? rule.lambda / 2 : rule.lambda / (2 * R);
                const Real size = std::max<Real>(std::fabs(static_cast<Real>(t)) - threshold, 0);
                result.push_back(static_cast<double>(std::copysign(size, static_cast<Real>(t))));
            }
            return result;
        default:
            return theta;
    }
}

// ---- What must hold
// ------------------------------------------------------------------------------

Vector random_theta(const Rule &rule, size_t count, Random &random) {
    Vector theta;
    for (size_t k = 0; k < count; ++k)
        theta.push_back(rule.statistic == StatisticKind::kMean ? 0.4 + random.normal()
                                                               : random.uniform(0.05, 3));
    return theta;
}

template <typename Body>
void for_every_rule(const Body &body) {
    Random random(1);
    for (const auto estimator : kEstimators)
        for (const auto statistic : {StatisticKind::kMean, StatisticKind::kVariance})
            for (const size_t count : {1, 2, 3, 4, 5, 17, 64, 1000})
                for (const double elements : {1.0, 2.0, 50.0}) {
                    const Rule rule = {estimator, statistic, elements};
                    SCOPED_TRACE(testing::Message()
                                 << "estimator " << estimator << " of the "
                                 << (statistic == StatisticKind::kMean ? "means" : "variances")
                                 << ", K = " << count << ", R = " << elements);
                    body(rule, random_theta(rule, count, random), random);
                }
}

void expect_close(const Vector &got, const Vector &expected, double tolerance) {
    double largest = 0;
    for (const double e : expected) largest = std::max(largest, std::fabs(e));
    ASSERT_EQ(got.size(), expected.size());
    for (size_t k = 0; k < got.size(); ++k)
        EXPECT_NEAR(got[k], expected[k], tolerance * largest) << "k = " << k;
}

TEST(Shrink, IsTheFormulaForEveryEstimator) {
    for_every_rule([](const Rule &rule, const Vector &theta, Random &) {
        expect_close(shrunk(rule, theta), by_formula(rule, theta), 2e-15);
    });
}

TEST(Shrink, LeavesTooFewStatisticsBitForBitAsTheyAre) {
    for (const auto statistic : {StatisticKind::kMean, StatisticKind::kVariance})
        for (const double scale : {1.0, 1e-310, 1e305}) {
            const Vector two = {0.1 * scale, 0.7 * scale};
            const Vector three = {0.1 * scale, 0.7 * scale, 0.3 * scale};
            EXPECT_EQ(shrunk({JSNORM_ESTIMATOR_JAMES_STEIN, statistic}, two), two);
            EXPECT_NE(shrunk({JSNORM_ESTIMATOR_JAMES_STEIN, statistic}, three), three);
            EXPECT_EQ(shrunk({JSNORM_ESTIMATOR_GRAND_MEAN, statistic}, three), three);
            const Rule corrected = {JSNORM_ESTIMATOR_STEIN_CORRECTED, StatisticKind::kMean};
            EXPECT_EQ(shrunk(corrected, two), two);
            EXPECT_NE(shrunk(corrected, three), three);
        }
}

// math.md, section 2: "for double data scale by max|theta|".
TEST(Shrink, ScalesWithTheVectorFromTheSmallestToTheLargestNumbers) {
    for_every_rule([](Rule rule, const Vector &theta, Random &random) {
        if (rule.estimator == JSNORM_ESTIMATOR_LASSO) return;  // has a size of its own
        rule.epsilon = 0;                                      // so has the floor
        const Vector base = shrunk(rule, theta);
        Vector d;
        for (size_t k = 0; k < theta.size(); ++k) d.push_back(random.normal());
        const Vector slope = gradient(rule, theta, d);
        for (const double scale : {1e-300, 1e-200, 1e-154, 1e154, 1e200, 1e300}) {
            Vector scaled = theta, expected = base;
            for (double &t : scaled) t *= scale;
            for (double &t : expected) t *= scale;
            expect_close(shrunk(rule, scaled), expected, 1e-13);
            expect_close(gradient(rule, scaled, d), slope, 1e-13);
        }
    });
}

TEST(Shrink, WorksOnSubnormalNumbers) {
    const double tiny = std::numeric_limits<double>::denorm_min();
    const Vector theta = {4 * tiny, 4 * tiny, 4 * tiny, 4 * tiny};
    EXPECT_EQ(shrunk({JSNORM_ESTIMATOR_JAMES_STEIN}, theta), theta);  // equal: not shrunk
    const Vector opposite = {tiny * 1000, -tiny * 1000, tiny * 1000, -tiny * 1000};  // s = 2/K
    EXPECT_EQ(shrunk({JSNORM_ESTIMATOR_JAMES_STEIN}, opposite),
              (Vector{tiny * 500, -tiny * 500, tiny * 500, -tiny * 500}));
}

TEST(Shrink, KeepsItsFactorBetween2OverKAnd1) {
    Random random(2);
    for (int round = 0; round < 2000; ++round) {
        const auto K = static_cast<size_t>(random.integer(3, 40));
        const double spread = std::pow(10, random.uniform(-17, 1));
        Vector theta(K);
        for (double &t : theta) t = 1 + spread * random.normal();
        const double s = shrinkage_of({JSNORM_ESTIMATOR_JAMES_STEIN}, theta).a;
        ASSERT_LE(s, 1);
        ASSERT_GE(s, 2 / static_cast<double>(K));
    }
    // Rounding can put rho above 1.
    const ShrinkageSums above = {1, 3 + 1e-15, 3 - 1e-15, 0};
    EXPECT_EQ(
        make_shrinkage({JSNORM_ESTIMATOR_JAMES_STEIN, StatisticKind::kMean, 3, 9, 0, 0}, above).a,
        1);
    EXPECT_EQ(
        make_shrinkage({JSNORM_ESTIMATOR_STEIN_CORRECTED, StatisticKind::kMean, 3, 9, 0, 0}, above)
            .a,
        1);
}

TEST(Shrink, OfZerosIsZeroWithAFiniteGradient) {
    for (const auto estimator : kEstimators)
        for (const auto statistic : {StatisticKind::kMean, StatisticKind::kVariance})
            for (const double epsilon : {1e-5, 0.0}) {
                Rule rule = {estimator, statistic};
                rule.epsilon = epsilon;
                const Vector zeros(5, 0.0), d = {1, -2, 3, -4, 5};
                const bool geometric = estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED &&
                                       statistic == StatisticKind::kVariance && epsilon > 0;
                for (const double value : shrunk(rule, zeros))
                    EXPECT_EQ(value > 0, geometric) << estimator;
                for (const double value : gradient(rule, zeros, d))
                    EXPECT_TRUE(std::isfinite(value)) << estimator;
            }
    // s = 1 with derivative 0.
    const Vector d = {1, -2, 3, -4, 5};
    EXPECT_EQ(gradient({JSNORM_ESTIMATOR_JAMES_STEIN}, Vector(5, 0.0), d), d);
}

TEST(Shrink, OfStatisticsOfNoElementsDoesNothing) {
    for (const auto estimator : kEstimators)
        for (const auto statistic : {StatisticKind::kMean, StatisticKind::kVariance})
            EXPECT_EQ(shrunk({estimator, statistic, 0}, Vector(5, 0.0)), Vector(5, 0.0));
}

TEST(Shrink, LetsNanAndInfinityReachEveryStatisticThatTheyCouple) {
    for (const auto estimator : kEstimators)
        for (const auto statistic : {StatisticKind::kMean, StatisticKind::kVariance})
            for (const double bad : {kNan, kInfinity}) {
                const Vector result = shrunk({estimator, statistic}, {0.3, bad, 1.7, 0.2, 0.9});
                EXPECT_FALSE(std::isfinite(result[1]));
                const bool coupled = couples(estimator, statistic, 5);
                for (const size_t k : {0, 2, 3, 4})
                    EXPECT_EQ(std::isfinite(result[k]), !coupled)
                        << estimator << " " << bad << " k = " << k;
            }
}

TEST(Shrink, OfLassoCutsAtItsThresholdAndKeepsTheSign) {
    const Rule mean = {JSNORM_ESTIMATOR_LASSO, StatisticKind::kMean, 4, 2};  // threshold 1/4
    EXPECT_EQ(shrunk(mean, {0.25, -0.25, 0.5, -0.5, 0}), (Vector{0, 0, 0.25, -0.25, 0}));
    EXPECT_EQ(gradient(mean, {0.25, -0.25, 0.5, -0.5, 0}, {1, 1, 1, 1, 1}),
              (Vector{0, 0, 1, 1, 0}));
    const Rule variance = {JSNORM_ESTIMATOR_LASSO, StatisticKind::kVariance, 4, 2};  // threshold 1
    EXPECT_EQ(shrunk(variance, {0.5, 1, 3}), (Vector{0, 0, 2}));
}

TEST(Shrink, OfTheCorrectedVarianceFloorsItsLogarithmsAtEpsilon) {
    Rule rule = {JSNORM_ESTIMATOR_STEIN_CORRECTED, StatisticKind::kVariance, 9};
    rule.epsilon = 0.5;
    const Vector theta = {0.1, 0.5, 2, 4};
    expect_close(shrunk(rule, theta), by_formula(rule, theta), 1e-15);
    const double a = 0.9;
    const Vector slope = gradient(rule, theta, {1, 1, 1, 1});
    EXPECT_EQ(slope[0], a);  // at and below the floor it is constant
    EXPECT_EQ(slope[1], a);
    EXPECT_GT(slope[2], a);
    rule.epsilon = 0;  // the geometric mean is 0
    EXPECT_EQ(shrunk(rule, {0, 1, 2}), (Vector{0, 0.9, 0.9 * 2}));
}

TEST(ShrinkGradient, IsTheDerivativeOfShrinkForEveryEstimator) {
    for_every_rule([](const Rule &rule, Vector theta, Random &random) {
        if (theta.size() > 64) return;
        Vector d;
        for (size_t k = 0; k < theta.size(); ++k) d.push_back(random.normal());
        const auto loss = [&] {
            const Vector result = shrunk(rule, theta);
            double sum = 0;
            for (size_t k = 0; k < theta.size(); ++k) sum += d[k] * result[k];
            return sum;
        };
        const double threshold = rule.statistic == StatisticKind::kMean
                                     ? rule.lambda / (2 * rule.elements)
                                     : rule.lambda / 2;
        const Vector slope = gradient(rule, theta, d);
        for (size_t k = 0; k < theta.size(); ++k) {
            const bool at_kink = rule.estimator == JSNORM_ESTIMATOR_LASSO &&
                                 std::fabs(std::fabs(theta[k]) - threshold) < 1e-3;
            if (at_kink) continue;
            const double here = theta[k];
            const auto difference = [&](double step) {
                theta[k] = here + step;
                const double above = loss();
                theta[k] = here - step;
                const double below = loss();
                theta[k] = here;
                return (above - below) / (2 * step);
            };
            // Two differences (Richardson): the truncation is of order step^4.
            const double step = 1e-4;
            const double numeric = (4 * difference(step) - difference(2 * step)) / 3;
            EXPECT_NEAR(slope[k], numeric, 1e-8 * (1 + std::fabs(numeric))) << "k = " << k;
        }
    });
}

TEST(ShrinkScale, IsAPowerOfTwoThatBringsTheLargestToOneHalfOrAbove) {
    for (const double largest : {1.0, 0.75, 3.0, 1e-200, 1e200, 1e308, 2.3e-308}) {
        const double scale = shrinkage_scale(largest);
        int exponent = 0;
        EXPECT_EQ(std::frexp(scale, &exponent), 0.5);
        EXPECT_LE(largest * scale, 1);
        EXPECT_GE(largest * scale, largest < 1e-301 ? 1e-8 : 0.5);
    }
    for (const double odd : {0.0, kInfinity, kNan}) EXPECT_EQ(shrinkage_scale(odd), 1);
    EXPECT_TRUE(std::isfinite(shrinkage_scale(std::numeric_limits<double>::denorm_min())));
}

TEST(ReciprocalDeviation, IsZeroWhereItWouldBeInfinite) {
    EXPECT_EQ(reciprocal_deviation(0.25, 0), 2);
    EXPECT_EQ(reciprocal_deviation(3, 1), 0.5);
    EXPECT_EQ(reciprocal_deviation(0, 0), 0);
    EXPECT_EQ(reciprocal_deviation(0, 0.25), 2);
    EXPECT_TRUE(std::isnan(reciprocal_deviation(kNan, 0)));
    EXPECT_EQ(reciprocal_deviation(kInfinity, 1), 0);
}

TEST(Coupling, IsOfTheSteinEstimatorsFromTheirLeastNumberOfStatisticsOn) {
    constexpr auto kMean = StatisticKind::kMean;
    constexpr auto kVariance = StatisticKind::kVariance;
    for (const int64_t K : {1, 2, 3, 4, 100}) {
        for (const auto statistic : {kMean, kVariance}) {
            EXPECT_FALSE(couples(JSNORM_ESTIMATOR_NONE, statistic, K));
            EXPECT_FALSE(couples(JSNORM_ESTIMATOR_RIDGE, statistic, K));
            EXPECT_FALSE(couples(JSNORM_ESTIMATOR_LASSO, statistic, K));
            EXPECT_EQ(couples(JSNORM_ESTIMATOR_JAMES_STEIN, statistic, K), K >= 3);
            EXPECT_EQ(couples(JSNORM_ESTIMATOR_GRAND_MEAN, statistic, K), K >= 4);
            EXPECT_EQ(couples(JSNORM_ESTIMATOR_SAMPLING, statistic, K), K >= 4);
        }
        EXPECT_EQ(couples(JSNORM_ESTIMATOR_STEIN_CORRECTED, kMean, K), K >= 3);
        EXPECT_EQ(couples(JSNORM_ESTIMATOR_STEIN_CORRECTED, kVariance, K), K >= 2);
    }
}

}  // namespace
}  // namespace jsnorm::test
