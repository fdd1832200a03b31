// SPDX-License-Identifier: Apache-2.0
//
// From the smallest numbers to the largest: finite inputs give finite outputs wherever the true
// result is finite, and right ones, though squares leave the range of float at both ends. Up to the
// documented limit, deviations of 1e36 (1e150 in double); beyond it calls still succeed and write
// everything they promise.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/api_runner.hpp"
#include "tests/support/float_types.hpp"
#include "tests/support/oracle_shrinkage.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;

struct Shape {
    const char *name;
    jsnormNormKind_t kind;
    std::vector<int64_t> dims;
    Layout layout;
};

// One tile, several tiles, and statistics made of several channels.
const std::vector<Shape> kShapes = {
    {"batch", JSNORM_BATCH_NORM, {4, 5, 30}, Layout::Packed},
    {"rows", JSNORM_LAYER_NORM, {1, 5, 40}, Layout::Packed},
    {"groups", JSNORM_GROUP_NORM, {1, 8, 20}, Layout::Packed},
    {"two tiles, channels last", JSNORM_BATCH_NORM, {1, 4, 300}, Layout::ChannelsLast},
    {"two tiles", JSNORM_BATCH_NORM, {1, 4, 4200}, Layout::Packed},
    {"rows of two tiles", JSNORM_LAYER_NORM, {1, 4, 4200}, Layout::Packed},
};

Case case_of(const Shape &shape, jsnormEstimator_t estimator, double epsilon) {
    CaseOptions options;
    options.mean_estimator = options.variance_estimator = estimator;
    options.epsilon = epsilon;
    options.running = false;
    return make_case(shape.kind, shape.dims, options);
}

RunResult run_as(const Case &problem, jsnormDataType_t type, Layout layout) {
    RunOptions options;
    options.type = type;
    options.layout = layout;
    options.inference = options.backward_fixed = false;
    return run(problem, options);
}

// Nothing is said of values within a thousandth of the largest number.
bool is_finite_in(jsnormDataType_t type, double value) {
    return std::abs(value) < 0.999 * format_of(type).largest;
}

// Where `true_result` is finite, `got` is.
void expect_finite(const char *name, const Values &got, const Values &true_result,
                   jsnormDataType_t type) {
    ASSERT_EQ(got.size(), true_result.size()) << name;
    for (size_t i = 0; i < got.size(); ++i) {
        if (is_finite_in(type, true_result[i])) {
            ASSERT_TRUE(std::isfinite(got[i]))
                << name << "[" << i << "] is " << got[i] << ", truly " << true_result[i];
        }
    }
}

void expect_finite_results(const Shape &shape, const Case &given, jsnormDataType_t type) {
    SCOPED_TRACE(std::string(shape.name) + ", " + name_of(given.mean_estimator) + ", epsilon " +
                 std::to_string(given.epsilon));
    const Case problem = rounded_to(given, type);
    const RunResult got = run_as(problem, type, shape.layout);
    const Result right = oracle_backward(problem);
    expect_finite("saved_mean", got.saved_mean, right.saved_mean, JSNORM_DOUBLE);
    expect_finite("saved_variance", got.saved_variance, right.saved_variance, JSNORM_DOUBLE);
    expect_finite("shrunk_mean", got.shrunk_mean, right.shrunk_mean, JSNORM_DOUBLE);
    expect_finite("shrunk_variance", got.shrunk_variance, right.shrunk_variance, JSNORM_DOUBLE);
    expect_finite("y", got.y, right.y, type);
    expect_finite("dx", got.dx, right.dx, type);
    expect_finite("dgamma", got.dgamma, right.dgamma, default_parameter_type(type));
    expect_finite("dbeta", got.dbeta, right.dbeta, default_parameter_type(type));
}

constexpr double kEpsilons[] = {0.0, 1e-5};

// Every decade, or every few, from 10^first to 10^last.
Values decades(int first, int last, int step = 1) {
    Values scales;
    for (int exponent = first; exponent <= last; exponent += step)
        scales.push_back(std::pow(10.0, exponent));
    return scales;
}

Values scaled(Values values, double factor) {
    for (double &value : values) value *= factor;
    return values;
}

class Range : public testing::TestWithParam<jsnormEstimator_t> {};

bool is_large(const Shape &shape) {
    return shape.dims.back() > 1000;
}

// Large shapes at every third scale.
void expect_finite_at(const Values &scales, jsnormEstimator_t estimator, jsnormDataType_t type) {
    for (const Shape &shape : kShapes)
        for (const double epsilon : kEpsilons) {
            const Case unit = case_of(shape, estimator, epsilon);
            for (size_t i = 0; i < scales.size(); i += is_large(shape) ? 3 : 1) {
                const double scale = scales[i];
                SCOPED_TRACE("10^" + std::to_string(std::lround(std::log10(scale))));
                Case problem = unit;
                problem.x = scaled(unit.x, scale);
                expect_finite_results(shape, problem, type);
            }
        }
}

TEST_P(Range, FloatResultsAreFiniteForDataOfEveryScaleUpToTheLimit) {
    expect_finite_at(decades(-38, 35), GetParam(), JSNORM_FLOAT);
}

// The largest error in units of the largest entry.
double error_of_largest(const Values &got, const Values &expected) {
    double largest = 0, worst = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
        largest = std::max(largest, std::abs(expected[i]));
        const double error = std::abs(got.at(i) - expected[i]);
        if (!(error <= worst))
            worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
    }
    return worst / largest;
}

// With epsilon 0 the scale of x cancels in y, and a variance that underflowed would show.
TEST_P(Range, FloatResultsAreRightWhereSquaresLeaveTheRangeOfFloat) {
    for (const Shape &shape : kShapes) {
        Case problem = case_of(shape, GetParam(), 0);
        const Values unit = problem.x;
        for (const double scale :
             {1e-36, 1e-30, 1e-25, 1e-22, 1e-19, 1.0, 1e17, 1e19, 1e22, 1e30, 1e35}) {
            problem.x = scaled(unit, scale);
            problem.lambda = 0.3 * std::min(1.0, scale * scale);  // LASSO leaves some variance
            const Case given = rounded_to(problem, JSNORM_FLOAT);
            const Result right = oracle_backward(given);
            const RunResult got = run_as(given, JSNORM_FLOAT, shape.layout);
            SCOPED_TRACE(std::string(shape.name) + ", scale " + std::to_string(std::log10(scale)));
            EXPECT_LE(error_of_largest(got.saved_variance, right.saved_variance), 1e-5);
            EXPECT_LE(error_of_largest(got.y, right.y), 1e-5);
            EXPECT_LE(error_of_largest(got.dx, right.dx), 1e-5);
            EXPECT_LE(error_of_largest(got.dgamma, right.dgamma), 1e-5);
        }
    }
}

// Sums of dy*(x - mean) would leave the range of float at both ends where dx and dgamma do not.
TEST_P(Range, GradientsAreRightWhereProductsOfDyAndDeviationsLeaveTheRangeOnTheCpu) {
    struct Scales {
        double x, dy;
    };
    for (const Shape &shape : kShapes) {
        const Case unit = case_of(shape, GetParam(), 0);
        for (const Scales &scales : {Scales{1e18, 1e20}, Scales{1e34, 1e4}, Scales{1e35, 1e35},
                                     Scales{1e-25, 1e-20}, Scales{1e-30, 1e-10}}) {
            Case problem = unit;
            problem.x = scaled(unit.x, scales.x);
            problem.dy = scaled(unit.dy, scales.dy);
            problem.lambda = 0.3 * std::min(1.0, scales.x * scales.x);
            const Case given = rounded_to(problem, JSNORM_FLOAT);
            const Result right = oracle_backward(given);
            const RunResult got = run_as(given, JSNORM_FLOAT, shape.layout);
            SCOPED_TRACE(std::string(shape.name) + ", x " + std::to_string(std::log10(scales.x)) +
                         ", dy " + std::to_string(std::log10(scales.dy)));
            EXPECT_LE(error_of_largest(got.dx, right.dx), 1e-5);
            EXPECT_LE(error_of_largest(got.dgamma, right.dgamma), 1e-5);
            EXPECT_LE(error_of_largest(got.dbeta, right.dbeta), 1e-5);
        }
    }
}

// Raw sums of the largest doubles leave their range; about a pivot nothing is left to sum.
TEST_P(Range, ConstantsNextToTheLargestNumberHaveAVarianceOfZero) {
    for (const auto type : {JSNORM_FLOAT, JSNORM_DOUBLE})
        for (const Shape &shape : kShapes)
            for (const double sign : {1.0, -1.0}) {
                Case problem = case_of(shape, GetParam(), 1e-5);
                problem.gamma.clear();
                problem.beta.clear();
                const double value = sign * (type == JSNORM_FLOAT ? 3.25e38 : 1.7e308);
                problem.x.assign(problem.x.size(), value);
                problem = rounded_to(problem, type);
                const RunResult got = run_as(problem, type, shape.layout);
                EXPECT_EQ(got.saved_mean, Values(got.saved_mean.size(), problem.x[0]))
                    << shape.name << ", " << value;
                EXPECT_EQ(got.saved_variance, Values(got.saved_variance.size()))
                    << shape.name << ", " << value;
            }
}

TEST_P(Range, DoubleResultsAreFiniteForDataOfEveryScaleUpToTheLimit) {
    expect_finite_at(decades(-300, 150, 9), GetParam(), JSNORM_DOUBLE);
}

TEST_P(Range, HalfResultsAreFiniteWhereTheyFitTheType) {
    expect_finite_at(decades(-8, 4), GetParam(), JSNORM_HALF);
}

TEST_P(Range, Bfloat16ResultsAreFiniteWhereTheyFitTheType) {
    expect_finite_at({1e-38, 1e-22, 1e-10, 1.0, 1e10, 1e22, 1e35}, GetParam(), JSNORM_BFLOAT16);
}

TEST_P(Range, FloatResultsAreFiniteForZerosOfBothSignsAndForDataOfAllSizesMixed) {
    for (const Shape &shape : kShapes)
        for (const double epsilon : kEpsilons) {
            const Case unit = case_of(shape, GetParam(), epsilon);
            Random random(4);
            Case zeros = unit, mixed = unit;
            for (double &x : zeros.x) x = random.integer(0, 1) ? 0.0 : -0.0;
            for (double &x : mixed.x) x *= std::pow(10, random.uniform(-44, 35));
            expect_finite_results(shape, zeros, JSNORM_FLOAT);
            expect_finite_results(shape, mixed, JSNORM_FLOAT);
        }
}

TEST_P(Range, FloatResultsAreFiniteForSubnormalData) {
    for (const Shape &shape : kShapes)
        for (const double epsilon : kEpsilons)
            for (const int64_t steps : {1, 100, 100000}) {
                SCOPED_TRACE("up to " + std::to_string(steps) + " steps of the smallest subnormal");
                Case problem = case_of(shape, GetParam(), epsilon);
                Random random(4);
                for (double &x : problem.x)
                    x = 0x1p-149 * static_cast<double>(random.integer(-steps, steps));
                expect_finite_results(shape, problem, JSNORM_FLOAT);
            }
}

// Constant statistics have no deviation that could overflow: the whole range of the type is theirs.
// Under shrinkage xhat is (1-s)*mean/sqrt(epsilon): sums over it are asked for where they fit.
TEST_P(Range, ConstantStatisticsOfEveryScaleAreExactAndHaveFiniteResults) {
    for (const auto type : {JSNORM_FLOAT, JSNORM_DOUBLE})
        for (const Shape &shape : kShapes)
            for (const double scale :
                 type == JSNORM_FLOAT ? decades(-44, 38) : Values{1e-300, 1e-160, 1e160, 1e300}) {
                if (is_large(shape) && scale < 1e34) continue;
                SCOPED_TRACE("10^" + std::to_string(std::lround(std::log10(scale))));
                Case problem = case_of(shape, GetParam(), 1e-5);
                problem.gamma.clear();
                problem.beta.clear();
                const std::vector<int64_t> statistic = statistic_indices(problem);
                for (size_t e = 0; e < problem.x.size(); ++e)
                    problem.x[e] = scale * (1 + 0.5 * static_cast<double>(statistic[e] % 4));
                problem = rounded_to(problem, type);
                const RunResult got = run_as(problem, type, shape.layout);
                const Result right = oracle_forward(problem);
                EXPECT_EQ(got.saved_mean, right.saved_mean);
                EXPECT_EQ(got.saved_variance, Values(right.saved_variance.size()));
                expect_finite("y", got.y, right.y, type);
                double sum = 0;
                for (const double xhat : right.y) sum += std::abs(xhat);
                if (is_finite_in(type, 4 * sum)) expect_finite_results(shape, problem, type);
            }
}

TEST_P(Range, BeyondTheLimitCallsSucceedAndWriteEveryOutput) {
    for (const auto type : {JSNORM_FLOAT, JSNORM_DOUBLE})
        for (const Shape &shape : kShapes)
            for (const double scale : type == JSNORM_FLOAT ? Values{1e36, 3e36, 1e37, 1e38, 1e39}
                                                           : Values{1e153, 1e155, 1e200, 1e307}) {
                Case problem = case_of(shape, GetParam(), 1e-5);
                problem.x = scaled(problem.x, scale);
                const double largest = format_of(type).largest;
                for (double &x : problem.x) x = std::clamp(x, -largest, largest);
                // run() throws where a call fails, or writes out of bounds.
                const RunResult got = run_as(rounded_to(problem, type), type, shape.layout);
                EXPECT_EQ(got.y.size(), problem.x.size());
                EXPECT_EQ(got.dx.size(), problem.x.size());
                // Of dy alone, whatever x is.
                EXPECT_EQ(got.dbeta.size(), problem.beta.size());
                for (const double value : got.dbeta) ASSERT_TRUE(std::isfinite(value));
            }
}

INSTANTIATE_TEST_SUITE_P(Estimators, Range, testing::ValuesIn(every_estimator()),
                         [](const auto &instance) { return name_of(instance.param); });

// A running variance can be smaller than the square of any float; then 1/sqrt of it is no float,
// and still 0 times it is 0.
TEST(RangeOfInference, ElementsAtTheRunningMeanAreZeroForTheSmallestRunningVariance) {
    CaseOptions options;
    options.epsilon = 0;
    options.gamma = options.beta = false;
    Case problem = make_case(JSNORM_BATCH_NORM, {3, 4}, options);
    problem.dy.clear();
    for (const double variance : {1e-60, 1e-80, 1e-100, 1e-300}) {
        problem.running_variance.assign(4, variance);
        for (size_t e = 0; e < problem.x.size(); ++e)
            problem.x[e] = 0.25 * static_cast<double>(e % 4);
        for (size_t k = 0; k < 4; ++k) problem.running_mean[k] = problem.x[k];
        RunOptions run_options;
        run_options.type = JSNORM_FLOAT;
        run_options.running_type = JSNORM_DOUBLE;
        EXPECT_EQ(run(problem, run_options).y_inference, Values(problem.x.size())) << variance;
    }
}

// ---- Sums over k of doubles -------------------------------------------------------------------

// Batch norm of double data: K statistics of two elements, means of the size of `scale` (so that
// sum of squares of the means leaves the range of double), deviations a millionth of it.
Case double_case(jsnormEstimator_t estimator, double scale) {
    CaseOptions options;
    options.mean_estimator = estimator;
    options.variance_estimator = JSNORM_ESTIMATOR_NONE;
    options.mean = 1;
    options.mean_spread = 0.5;
    options.deviation = 1e-6;
    options.epsilon = 0;
    options.gamma = options.beta = options.running = false;
    Case problem = make_case(JSNORM_BATCH_NORM, {8, 9}, options);
    problem.x = scaled(problem.x, scale);
    return problem;
}

double relative_error(const Values &got, const Values &expected) {
    if (got.size() != expected.size()) return std::numeric_limits<double>::infinity();
    double worst = 0;
    for (size_t k = 0; k < got.size(); ++k) {
        const double error = std::abs(got[k] - expected[k]) / std::abs(expected[k]);
        if (!(error <= worst))
            worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
    }
    return worst;
}

// James-Stein from the sums as they are.
Values shrunk_without_scaling(const Values &theta) {
    const auto K = static_cast<double>(theta.size());
    double A = 0, Q = 0;
    for (const double t : theta) A += t, Q += t * t;
    return scaled(theta, (2 + (K - 2) * (A * A / (K * Q))) / K);
}

TEST(RangeOfDouble, MeansAreShrunkByTheSameFactorWhereTheirSquaresLeaveTheRange) {
    for (const auto estimator : {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_STEIN_CORRECTED,
                                 JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_SAMPLING})
        for (const double scale : {1e-305, 1e-250, 1e-160, 1.0, 1e160, 1e250, 1e305}) {
            // Its noise is measured by variances, which must be in range themselves.
            if (estimator == JSNORM_ESTIMATOR_SAMPLING && scale > 1e150) continue;
            const Case problem = double_case(estimator, scale);
            const Result right = oracle_forward(problem);
            const RunResult got = run_as(problem, JSNORM_DOUBLE, Layout::Packed);
            EXPECT_LE(relative_error(got.shrunk_mean, right.shrunk_mean), 1e-14)
                << name_of(estimator) << ", scale " << scale;
            if (estimator != JSNORM_ESTIMATOR_JAMES_STEIN || scale == 1) continue;
            EXPECT_GE(relative_error(shrunk_without_scaling(right.saved_mean), right.shrunk_mean),
                      1e-7)
                << "scale " << scale;
        }
}

TEST(RangeOfDouble, VariancesAreShrunkByTheSameFactorWhereTheirSquaresLeaveTheRange) {
    for (const auto estimator : {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_STEIN_CORRECTED,
                                 JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_SAMPLING})
        for (const double scale : {1e-150, 1e-100, 1e-80, 1.0, 1e80, 1e100, 1e150}) {
            CaseOptions options;
            options.mean_estimator = JSNORM_ESTIMATOR_NONE;
            options.variance_estimator = estimator;
            options.mean = options.mean_spread = 0;
            options.epsilon = 0;
            options.gamma = options.beta = options.running = false;
            Case problem = make_case(JSNORM_BATCH_NORM, {8, 9}, options);
            problem.x = scaled(problem.x, scale);
            const Result right = oracle_backward(problem);
            const RunResult got = run_as(problem, JSNORM_DOUBLE, Layout::Packed);
            EXPECT_LE(relative_error(got.shrunk_variance, right.shrunk_variance), 1e-13)
                << name_of(estimator) << ", scale " << scale;
            double largest = 0, error = 0;
            for (size_t e = 0; e < right.dx.size(); ++e) {
                largest = std::max(largest, std::abs(right.dx[e]));
                error = std::max(error, std::abs(got.dx[e] - right.dx[e]));
            }
            EXPECT_LE(error, 1e-12 * largest) << name_of(estimator) << ", scale " << scale;
        }
}

// Of two vectors that differ by a power of two alone, everything is the same but the exponents.
TEST(RangeOfDouble, ShrinkageOfMeansDoesNotDependOnTheirScale) {
    const RunResult one =
        run_as(double_case(JSNORM_ESTIMATOR_JAMES_STEIN, 1), JSNORM_DOUBLE, Layout::Packed);
    for (const int exponent : {-900, -520, -100, 100, 520, 900}) {
        const RunResult other =
            run_as(double_case(JSNORM_ESTIMATOR_JAMES_STEIN, std::ldexp(1, exponent)),
                   JSNORM_DOUBLE, Layout::Packed);
        for (size_t k = 0; k < one.shrunk_mean.size(); ++k)
            EXPECT_EQ(std::ldexp(other.shrunk_mean[k], -exponent), one.shrunk_mean[k])
                << "2^" << exponent;
    }
}

}  // namespace
}  // namespace jsnorm::test
