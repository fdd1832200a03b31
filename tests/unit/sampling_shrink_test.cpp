// SPDX-License-Identifier: Apache-2.0
//
// SAMPLING (kernels/math/shrink.cuh) against the formulas of docs/math.md, section 5, in long
// double, at any scale and offset, and its gradients against differences: through the vector itself
// and, for means, through the variances that measure their noise.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/math/shrink.cuh"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Vector = std::vector<double>;
using Real = long double;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// What is shrunk: the means, with variances beside them, or the variances themselves.
struct Vectors {
    StatisticKind statistic = StatisticKind::kMean;
    Vector means, variances;
    double elements = 6;
    double fraction = 1;
    bool unbiased = false;

    bool of_means() const { return statistic == StatisticKind::kMean; }
    const Vector &theta() const { return of_means() ? means : variances; }
    Vector &theta() { return of_means() ? means : variances; }
};

Shrinkage shrinkage_of(const Vectors &problem) {
    const Vector &theta = problem.theta();
    double largest = 0;
    for (const double t : theta) largest = std::max(largest, std::fabs(t));
    ShrinkageSums sums;
    sums.scale = shrinkage_scale(largest);
    const auto K = static_cast<double>(theta.size());
    for (const double t : theta) sums.sum += t * sums.scale;
    for (const double t : theta) {
        const double distance = t * sums.scale - sums.sum / K;
        sums.sum_squares += distance * distance;
    }
    for (const double v : problem.variances) sums.others += v;
    return make_shrinkage({JSNORM_ESTIMATOR_SAMPLING, problem.statistic, K, problem.elements, 0, 0,
                           problem.fraction, problem.unbiased},
                          sums);
}

Vector shrunk(const Vectors &problem) {
    const Shrinkage shrinkage = shrinkage_of(problem);
    Vector result;
    for (const double t : problem.theta()) result.push_back(shrink(shrinkage, t));
    return result;
}

ShrinkageGradientSums gradient_sums(const Vectors &problem, const Vector &d) {
    const Shrinkage shrinkage = shrinkage_of(problem);
    ShrinkageGradientSums sums;
    for (size_t k = 0; k < d.size(); ++k) {
        sums.sum += d[k];
        sums.sum_products += gradient_product(shrinkage, d[k], problem.theta()[k]);
    }
    return sums;
}

Vector gradient(const Vectors &problem, const Vector &d) {
    const Shrinkage shrinkage = shrinkage_of(problem);
    const ShrinkageGradientSums sums = gradient_sums(problem, d);
    Vector result;
    for (size_t k = 0; k < d.size(); ++k) {
        const double theta = problem.theta()[k];
        result.push_back(own_gradient_factor(shrinkage, theta) * d[k] +
                         shared_gradient(shrinkage, sums, theta));
    }
    return result;
}

// As docs/math.md prints it. factor: before it is cut.
Vector by_formula(const Vectors &problem, double *factor = nullptr) {
    const auto K = static_cast<Real>(problem.theta().size());
    const Real R = problem.elements;
    const Real unbias = problem.unbiased ? 1 : R / (R - 1);
    const Real unit = problem.of_means() ? 1 : unbias;
    const Real independent = problem.fraction * R;
    Real c = 0, Q = 0, tau2 = 0;
    for (const double t : problem.theta()) c += unit * t / K;
    for (const double t : problem.theta()) Q += (unit * t - c) * (unit * t - c);
    for (const double v : problem.variances) {
        const Real u = unbias * v;
        tau2 += (problem.of_means() ? u / independent : 2 * u * u / (independent + 1)) / K;
    }
    const Real f = 1 - (K - 3) * tau2 / Q;
    if (factor != nullptr) *factor = static_cast<double>(f);
    Vector result;
    for (const double t : problem.theta())
        result.push_back(static_cast<double>((c + std::max<Real>(f, 0) * (unit * t - c)) / unit));
    return result;
}

Vectors random_problem(StatisticKind statistic, size_t K, Random &random) {
    Vectors problem;
    problem.statistic = statistic;
    problem.elements = static_cast<double>(random.integer(2, 40));
    problem.fraction = random.uniform(0.3, 1);
    problem.unbiased = random.integer(0, 1) == 1;
    const double spread = std::pow(10, random.uniform(-2, 1));
    for (size_t k = 0; k < K; ++k) {
        problem.means.push_back(0.4 + spread * random.normal());
        problem.variances.push_back(random.uniform(0.05, 3));
    }
    return problem;
}

template <typename Body>
void for_random_problems(const Body &body) {
    Random random(7);
    for (const auto statistic : {StatisticKind::kMean, StatisticKind::kVariance})
        for (const size_t K : {4, 5, 17, 64, 1000})
            for (int round = 0; round < 20; ++round) {
                SCOPED_TRACE(testing::Message() << "K = " << K << ", round " << round);
                body(random_problem(statistic, K, random), random);
            }
}

void expect_close(const Vector &got, const Vector &expected, double tolerance) {
    double largest = 0;
    for (const double e : expected) largest = std::max(largest, std::fabs(e));
    ASSERT_EQ(got.size(), expected.size());
    for (size_t k = 0; k < got.size(); ++k)
        EXPECT_NEAR(got[k], expected[k], tolerance * largest) << "k = " << k;
}

TEST(SamplingShrink, IsTheFormula) {
    int cut = 0, kept = 0;
    for_random_problems([&](const Vectors &problem, Random &) {
        double factor = 0;
        const Vector expected = by_formula(problem, &factor);
        ++(factor < 0 ? cut : kept);
        expect_close(shrunk(problem), expected, 1e-13);
    });
    EXPECT_GT(cut, 20);  // both sides of the cut were seen
    EXPECT_GT(kept, 20);
}

TEST(SamplingShrink, ScalesWithTheVectorAsFarAsVariancesReach) {
    for_random_problems([](const Vectors &problem, Random &random) {
        const Vector base = shrunk(problem);
        Vector d;
        for (size_t k = 0; k < base.size(); ++k) d.push_back(random.normal());
        const Vector slope = gradient(problem, d);
        for (const int exponent : {-500, -100, 100, 500}) {
            Vectors scaled = problem;
            for (double &mean : scaled.means) mean = std::ldexp(mean, exponent);
            for (double &variance : scaled.variances) variance = std::ldexp(variance, 2 * exponent);
            Vector expected = base;
            for (double &t : expected)
                t = std::ldexp(t, problem.of_means() ? exponent : 2 * exponent);
            EXPECT_EQ(shrunk(scaled), expected);
            expect_close(gradient(scaled, d), slope, 1e-13);
        }
    });
}

// Sums about 0 would lose half of Q here, and the factor with it.
TEST(SamplingShrink, KeepsItsFactorWhereMeansAreFarFromZero) {
    Random random(3);
    Vectors problem;
    for (size_t k = 0; k < 64; ++k) {
        problem.means.push_back(1e4 + 1e-4 * random.normal());
        problem.variances.push_back(3e-8 * random.uniform(0.5, 1.5));
    }
    double factor = 0;
    by_formula(problem, &factor);
    ASSERT_GT(factor, 0.2);
    ASSERT_LT(factor, 0.8);
    EXPECT_NEAR(shrinkage_of(problem).a, factor, 1e-6);

    double sum = 0, squares = 0;
    for (const double mean : problem.means) sum += mean, squares += mean * mean;
    double others = 0;
    for (const double variance : problem.variances) others += variance;
    const double Q = squares - sum * sum / 64;
    EXPECT_GT(std::fabs(1 - 61 * (others / 64 / 5) / Q - factor), 0.1);
}

TEST(SamplingShrink, IsNoneBitForBitForTooFewStatisticsOrElements) {
    for (const auto statistic : {StatisticKind::kMean, StatisticKind::kVariance}) {
        Vectors problem{statistic, {0.1, 0.7, 0.3, 0.4}, {1, 2, 1, 0.5}};
        EXPECT_NE(shrunk(problem), problem.theta());
        for (const double elements : {0.0, 1.0}) {
            problem.elements = elements;
            EXPECT_EQ(shrunk(problem), problem.theta());
            EXPECT_EQ(gradient(problem, {1, 2, 3, 4}), (Vector{1, 2, 3, 4}));
            EXPECT_EQ(noise_gradient(shrinkage_of(problem), {1, kNan}), 0);
        }
        Vectors three{statistic, {0.1, 0.7, 0.3}, {1, 2, 1}};
        EXPECT_EQ(shrunk(three), three.theta());
    }
}

// Q = 0: all noise where there is any, nothing to shrink where there is none; f is constant.
TEST(SamplingShrink, OfEqualEntriesIsTheirMeanWithoutADerivativeOfItsFactor) {
    const Vector d = {1, -2, 3, 6};
    const Vectors noisy{StatisticKind::kMean, Vector(4, 0.25), {1, 2, 3, 4}};
    EXPECT_EQ(shrunk(noisy), noisy.means);
    EXPECT_EQ(gradient(noisy, d), Vector(4, 2.0));
    EXPECT_EQ(noise_gradient(shrinkage_of(noisy), gradient_sums(noisy, d)), 0);
    const Vectors quiet{StatisticKind::kMean, Vector(4, 0.25), Vector(4, 0.0)};
    EXPECT_EQ(shrunk(quiet), quiet.means);
    EXPECT_EQ(gradient(quiet, d), d);
    // By rounding Q is not 0, and still no gradient is large.
    const Vectors nearly{StatisticKind::kMean, Vector(7, 0.1), Vector(7, 0.0)};
    EXPECT_EQ(gradient(nearly, Vector(7, 1.0)), Vector(7, 1.0));
    EXPECT_EQ(noise_gradient(shrinkage_of(nearly), gradient_sums(nearly, Vector(7, 1.0))), 0);
    const Vectors zeros{StatisticKind::kVariance, Vector(4, 0.0), Vector(4, 0.0)};
    EXPECT_EQ(shrunk(zeros), zeros.variances);
    EXPECT_EQ(gradient(zeros, d), d);
    const Vectors equal{StatisticKind::kVariance, Vector(4, 0.0), Vector(4, 0.5)};
    EXPECT_EQ(shrunk(equal), equal.variances);
    EXPECT_EQ(gradient(equal, d), Vector(4, 2.0));
}

TEST(SamplingShrink, LetsANaNOfEitherVectorReachEveryMeanThroughTheCut) {
    for (const bool in_means : {true, false})
        for (const Vector &means : {Vector{1, 2, 3, 4}, Vector(4, 1.0)}) {
            Vectors problem{StatisticKind::kMean, means, {100, 200, 300, 400}};  // f is cut
            ASSERT_EQ(shrinkage_of(problem).a, 0);
            (in_means ? problem.means : problem.variances)[2] = kNan;
            for (const double t : shrunk(problem)) EXPECT_TRUE(std::isnan(t));
            for (const double t : gradient(problem, {1, 1, 1, 1})) EXPECT_TRUE(std::isnan(t));
        }
    Vectors problem{StatisticKind::kVariance, Vector(4, 0.0), {1, kNan, 1, 1}};
    for (const double t : shrunk(problem)) EXPECT_TRUE(std::isnan(t));
}

TEST(SamplingShrinkGradient, IsTheDerivativeByMeansAndByVariances) {
    for_random_problems([](Vectors problem, Random &random) {
        double factor = 0;
        by_formula(problem, &factor);
        if (problem.means.size() > 64 || std::fabs(factor) < 0.05) return;
        Vector d;
        for (size_t k = 0; k < problem.means.size(); ++k) d.push_back(random.normal());
        const auto loss = [&] {
            const Vector result = shrunk(problem);
            double sum = 0;
            for (size_t k = 0; k < d.size(); ++k) sum += d[k] * result[k];
            return sum;
        };
        const auto slope_by = [&](double &where) {
            const double here = where;
            const auto difference = [&](double step) {
                where = here + step;
                const double above = loss();
                where = here - step;
                const double below = loss();
                where = here;
                return (above - below) / (2 * step);
            };
            const double step = 1e-5;
            return (4 * difference(step) - difference(2 * step)) / 3;
        };
        const Vector slope = gradient(problem, d);
        const double by_noise = noise_gradient(shrinkage_of(problem), gradient_sums(problem, d));
        for (size_t k = 0; k < d.size(); ++k) {
            double numeric = slope_by(problem.theta()[k]);
            EXPECT_NEAR(slope[k], numeric, 1e-7 * (1 + std::fabs(numeric))) << "k = " << k;
            if (!problem.of_means()) continue;
            numeric = slope_by(problem.variances[k]);
            EXPECT_NEAR(by_noise, numeric, 1e-7 * (1 + std::fabs(numeric))) << "k = " << k;
        }
    });
}

}  // namespace
}  // namespace jsnorm::test
