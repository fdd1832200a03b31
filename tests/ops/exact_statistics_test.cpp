// SPDX-License-Identifier: Apache-2.0
//
// Data whose statistics are known without rounding, in any order of summation (the idea is oneDNN
// benchdnn's): elements lie in pairs about the mean, in steps of a power of two. Rounded to the
// type of x, saved and shrunk statistics must then be right without any error.
//
// James-Stein's factor s is a fraction of small denominator only for chosen vectors. K-2 is a power
// of two; the vectors below were found by search for A = sum theta and Q = sum theta^2 with
// s = (2 + (K-2)*A^2/(K*Q))/K. The test checks each in integers before it trusts it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/api_runner.hpp"
#include "tests/support/float_types.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;

struct Entries {
    int64_t size;
    int64_t positive, negative;  // how many of +size, how many of -size
};

struct ExactVector {
    int64_t K;
    int64_t numerator, denominator;  // s
    std::vector<Entries> entries;    // the rest is 0
};

const std::vector<ExactVector> kMeans = {
    {4, 1, 2, {{1, 2, 2}}},
    {4, 5, 8, {{1, 1, 0}}},
    {6, 1, 2, {{4, 1, 0}, {2, 1, 0}, {1, 2, 2}}},
    {10, 1, 4, {{8, 1, 1}, {4, 1, 0}, {2, 3, 0}, {1, 2, 2}}},
    {18, 1, 8, {{4, 3, 3}, {2, 5, 2}, {1, 2, 2}}},
    {34, 1, 16, {{32, 4, 4}, {8, 5, 1}, {4, 3, 3}, {2, 3, 3}, {1, 5, 3}}},
    {66, 1, 32, {{64, 7, 7}, {32, 5, 3}, {16, 3, 3}, {8, 3, 3}, {4, 3, 3}, {2, 3, 3}, {1, 5, 3}}},
    {130, 1, 64, {{128, 16, 16}, {32, 3, 3}, {16, 3, 3}, {4, 30, 0}, {2, 6, 1}, {1, 2, 2}}},
    {258,
     1,
     128,
     {{256, 31, 31},
      {128, 5, 3},
      {64, 3, 3},
      {32, 3, 3},
      {16, 3, 3},
      {8, 3, 3},
      {4, 3, 3},
      {2, 4, 3},
      {1, 2, 2}}},
    {514,
     1,
     256,
     {{512, 64, 64},
      {128, 5, 1},
      {64, 4, 3},
      {32, 1, 2},
      {16, 1, 2},
      {8, 1, 1},
      {4, 2, 5},
      {2, 1, 2},
      {1, 2, 2}}},
    {1026,
     1,
     512,
     {{256, 227, 227},
      {128, 4, 2},
      {64, 3, 3},
      {32, 4, 2},
      {16, 3, 3},
      {8, 4, 2},
      {4, 4, 3},
      {2, 2, 1},
      {1, 2, 2}}},
};

// Squares, so that the deviations are whole numbers.
const std::vector<ExactVector> kVariances = {
    {4, 5, 8, {{1, 1, 0}}},
    {66, 17, 32, {{121, 16, 0}, {4, 20, 0}, {36, 27, 0}, {16, 3, 0}}},
    {258, 1, 8, {{256, 15, 0}, {64, 15, 0}, {16, 46, 0}, {4, 31, 0}, {1, 16, 0}}},
    {514, 1, 32, {{4096, 9, 0}, {256, 1, 0}, {64, 124, 0}, {16, 61, 0}, {4, 45, 0}, {1, 48, 0}}},
    {1026, 9, 128, {{1024, 24, 0}, {256, 69, 0}, {64, 46, 0}, {16, 30, 0}, {4, 29, 0}, {1, 48, 0}}},
};

// The entries, signs mixed and zeros behind.
Values vector_of(const ExactVector &exact) {
    Values theta;
    for (const auto &[size, positive, negative] : exact.entries)
        for (int64_t i = 0; i < std::max(positive, negative); ++i) {
            if (i < positive) theta.push_back(static_cast<double>(size));
            if (i < negative) theta.push_back(-static_cast<double>(size));
        }
    theta.resize(static_cast<size_t>(exact.K));
    return theta;
}

// K^2*Q*numerator = (2*K*Q + (K-2)*A^2)*denominator, in integers.
bool has_its_factor(const ExactVector &exact) {
    __extension__ using Wide = __int128;
    Wide A = 0, Q = 0, count = 0;
    for (const auto &[size, positive, negative] : exact.entries) {
        A += Wide{size} * (positive - negative);
        Q += Wide{size} * size * (positive + negative);
        count += positive + negative;
    }
    const Wide K = exact.K;
    return count <= K && Q > 0 &&
           K * K * Q * exact.numerator == (2 * K * Q + (K - 2) * A * A) * exact.denominator;
}

// R deviations with sum 0 and sum of squares R (R even), 2R (R odd) or 0 (R = 1): pairs of +-1; or
// 1, 1, -2 and pairs of +-1 and +-2.
Values deviations(int64_t R) {
    Values d;
    if (R % 2 == 1 && R > 1) d = {1, 1, -2};
    if (R == 1) d = {0};
    const int64_t pairs = (R - static_cast<int64_t>(d.size())) / 2;
    const int64_t twos = R % 2 == 1 ? pairs / 3 : 0;
    const int64_t short_of = R % 2 == 1 ? 2 * R - 6 - 2 * (pairs + 3 * twos) : 0;
    for (int64_t i = 0; i < pairs; ++i) {
        // Odd R: pairs of squares adding up to R-3, hence one more of 2 and one of 0 where thirds
        // do not fit.
        const bool zero = short_of == 4 && i == pairs - 1;
        const bool two = i < twos || (short_of == 4 && i == twos);
        const double size = zero ? 0 : two ? 2 : 1;
        d.push_back(size);
        d.push_back(-size);
    }
    return d;
}

double variance_of(int64_t R) {
    return R == 1 ? 0 : R % 2 == 1 ? 2 : 1;
}

struct Placement {
    const char *name;
    jsnormNormKind_t kind;
    Layout layout;
};

const Placement kPlacements[] = {
    {"Nchw", JSNORM_BATCH_NORM, Layout::Packed},
    {"Nhwc", JSNORM_BATCH_NORM, Layout::ChannelsLast},
    {"Rows", JSNORM_LAYER_NORM, Layout::Packed},
};

// Statistic k has the elements mean[k] + unit[k]*d, d the deviations of R.
Case exact_case(const Placement &placement, const Values &mean, const Values &unit, int64_t R) {
    Case problem;
    problem.kind = placement.kind;
    const auto K = static_cast<int64_t>(mean.size());
    const bool rows = placement.kind == JSNORM_LAYER_NORM;
    const int64_t samples = !rows && R % 2 == 0 ? 2 : 1;
    const int64_t per_sample = R / samples;
    problem.dims = {samples, K, per_sample};
    const Values d = deviations(R);
    for (int64_t n = 0; n < samples; ++n)
        for (size_t k = 0; k < mean.size(); ++k)
            for (int64_t i = 0; i < per_sample; ++i)
                problem.x.push_back(mean[k] + unit[k] * d[static_cast<size_t>(n * per_sample + i)]);
    return problem;
}

// The statistics of a run; asserts on the way that the data are what they are meant to be.
RunResult statistics_of(const Placement &placement, const Case &problem, jsnormDataType_t type) {
    const bool representable = std::all_of(problem.x.begin(), problem.x.end(), [&](double value) {
        return round_to(type, value) == value;
    });
    EXPECT_TRUE(representable) << name_of(type);
    RunOptions options;
    options.type = type;
    options.layout = placement.layout;
    options.inference = false;
    return run(problem, options);
}

void expect_equal(const char *name, const Values &got, const Values &exact, jsnormDataType_t type) {
    ASSERT_EQ(got.size(), exact.size());
    // CUDA may cut a statistic into parts whose means are no doubles: a few roundings of the
    // largest.
    double slack = 0;
    if (test_backend() != JSNORM_BACKEND_CPU) {
        for (const double value : exact) slack = std::max(slack, std::fabs(value));
        slack *= 0x1p-50;
    }
    for (size_t k = 0; k < got.size(); ++k) {
        if (std::fabs(got[k] - exact[k]) <= slack) continue;
        ASSERT_EQ(round_to(type, got[k]), round_to(type, exact[k])) << name << "[" << k << "]";
    }
}

Values scaled(Values values, double factor) {
    for (double &value : values) value *= factor;
    return values;
}

class ExactStatistics : public testing::TestWithParam<std::tuple<Placement, jsnormDataType_t>> {
  protected:
    const Placement placement = std::get<0>(GetParam());
    const jsnormDataType_t type = std::get<1>(GetParam());
};

constexpr int64_t kElements[] = {1, 2, 3, 4, 31, 32, 33, 255, 256, 258, 4096, 8192};

// Many neighbouring channels are cut into short parts on the CPU, and parts of an odd R have means
// that are no floats.
bool is_exact(const Placement &placement, int64_t K, int64_t R) {
    const bool cut = placement.layout == Layout::ChannelsLast && K > 64 && R > 64;
    return K * R <= 1 << 18 && !(cut && R % 2 == 1);
}

TEST_P(ExactStatistics, SavedMeansAndVariancesHaveNoError) {
    for (const int64_t K : {1, 3, 4, 6, 10, 18, 34, 65, 130, 258, 1026})
        for (const int64_t R : kElements) {
            if (!is_exact(placement, K, R)) continue;
            SCOPED_TRACE("K " + std::to_string(K) + ", R " + std::to_string(R));
            Values mean, unit, variance;
            for (int64_t k = 0; k < K; ++k) {
                mean.push_back(std::ldexp(k % 2 == 0 ? 0.25 : -0.25, static_cast<int>(k % 7)));
                unit.push_back(std::ldexp(std::abs(mean.back()), -static_cast<int>(k % 5)));
                variance.push_back(unit.back() * unit.back() * variance_of(R));
            }
            const Case problem = exact_case(placement, mean, unit, R);
            const RunResult got = statistics_of(placement, problem, type);
            expect_equal("saved_mean", got.saved_mean, mean, type);
            expect_equal("saved_variance", got.saved_variance, variance, type);
        }
}

TEST_P(ExactStatistics, ShrunkMeansAndTheirFactorHaveNoError) {
    for (const ExactVector &exact : kMeans) {
        ASSERT_TRUE(has_its_factor(exact)) << "K " << exact.K;
        const double s =
            static_cast<double>(exact.numerator) / static_cast<double>(exact.denominator);
        const Values mean = vector_of(exact);
        Values unit;
        for (const double m : mean) unit.push_back(m == 0 ? 1 : std::abs(m) / 4);
        for (const int64_t R : kElements) {
            if (!is_exact(placement, exact.K, R)) continue;
            SCOPED_TRACE("K " + std::to_string(exact.K) + ", R " + std::to_string(R));
            const Case problem = exact_case(placement, mean, unit, R);
            const RunResult got = statistics_of(placement, problem, type);
            expect_equal("shrunk_mean", got.shrunk_mean, scaled(mean, s), type);
            EXPECT_EQ(round_to(type, got.shrunk_mean[0] / got.saved_mean[0]), s);
        }
    }
}

TEST_P(ExactStatistics, ShrunkVariancesAndTheirFactorHaveNoError) {
    for (const ExactVector &exact : kVariances) {
        ASSERT_TRUE(has_its_factor(exact)) << "K " << exact.K;
        const double s =
            static_cast<double>(exact.numerator) / static_cast<double>(exact.denominator);
        Values unit = vector_of(exact);
        for (double &u : unit) u = std::sqrt(u);
        const Values mean(unit.size());
        for (const int64_t R : kElements) {
            if (!is_exact(placement, exact.K, R) || R == 1)
                continue;  // one element has no variance
            SCOPED_TRACE("K " + std::to_string(exact.K) + ", R " + std::to_string(R));
            const Case problem = exact_case(placement, mean, unit, R);
            const RunResult got = statistics_of(placement, problem, type);
            const Values expected = scaled(vector_of(exact), s * variance_of(R));
            expect_equal("shrunk_variance", got.shrunk_variance, expected, type);
            EXPECT_EQ(round_to(type, got.shrunk_variance[0] / got.saved_variance[0]), s);
        }
    }
}

TEST(ExactFill, DeviationsHaveTheSumAndTheSumOfSquaresThatTheTestsRestOn) {
    for (const int64_t R : kElements) {
        const Values d = deviations(R);
        ASSERT_EQ(static_cast<int64_t>(d.size()), R);
        EXPECT_EQ(std::accumulate(d.begin(), d.end(), 0.0), 0) << R;
        EXPECT_EQ(std::inner_product(d.begin(), d.end(), d.begin(), 0.0),
                  variance_of(R) * static_cast<double>(R))
            << R;
    }
}

INSTANTIATE_TEST_SUITE_P(Fills, ExactStatistics,
                         testing::Combine(testing::ValuesIn(kPlacements),
                                          testing::Values(JSNORM_FLOAT, JSNORM_HALF,
                                                          JSNORM_BFLOAT16)),
                         [](const auto &instance) {
                             return std::string(std::get<0>(instance.param).name) + "_" +
                                    name_of(std::get<1>(instance.param));
                         });

}  // namespace
}  // namespace jsnorm::test
