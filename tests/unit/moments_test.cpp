// SPDX-License-Identifier: Apache-2.0
//
// The moments of a part, and how parts merge (kernels/math/moments.cuh); the moments and gradient
// sums of one tile (src/cpu/kernels.hpp).

#include "kernels/math/moments.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "src/cpu/cut.hpp"
#include "src/cpu/kernels.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool same_bits(const Moments &a, const Moments &b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

template <typename T>
Moments exact_moments(const std::vector<T> &x) {
    long double sum = 0, squares = 0;
    for (const T value : x) sum += static_cast<long double>(value);
    const long double mean = x.empty() ? 0 : sum / static_cast<long double>(x.size());
    for (const T value : x) {
        const long double d = static_cast<long double>(value) - mean;
        squares += d * d;
    }
    return {static_cast<double>(x.size()), static_cast<double>(mean), static_cast<double>(squares)};
}

std::vector<double> normals(size_t count, double mean, double deviation, uint64_t seed) {
    Random random(seed);
    std::vector<double> values(count);
    for (double &value : values) value = mean + deviation * random.normal();
    return values;
}

TEST(MomentsMerge, WithAnEmptyPartChangesNoBit) {
    const Moments empty;
    for (const Moments &part :
         {Moments{3, 0.1, 0.7}, Moments{1, -0.0, 0}, Moments{1e15, 1e300, 5e-324},
          Moments{2, kNan, kNan}, Moments{7, std::numeric_limits<double>::infinity(), 1}}) {
        EXPECT_TRUE(same_bits(merge(part, empty), part));
        EXPECT_TRUE(same_bits(merge(empty, part), part));
    }
    EXPECT_TRUE(same_bits(merge(empty, empty), empty));
    // A part of count 0 is empty, whatever else it holds.
    EXPECT_TRUE(same_bits(merge({3, 0.1, 0.7}, {0, kNan, kNan}), {3, 0.1, 0.7}));
}

TEST(MomentsMerge, IsExactWhereTheNumbersAre) {
    // Parts of equal and of fourfold size with small integers for means.
    const Moments merged = merge({4, 3, 10}, {4, 7, 6});
    EXPECT_TRUE(same_bits(merged, {8, 5, 10 + 6 + 16 * 2.0}));
    const Moments unequal = merge({12, 1, 0}, {4, 5, 0});
    EXPECT_TRUE(same_bits(unequal, {16, 2, 16 * 3.0}));
    EXPECT_TRUE(same_bits(merge({1, 2, 0}, {1, 2, 0}), {2, 2, 0}));
}

TEST(MomentsMerge, OfAnyPartsGivesTheMomentsOfAll) {
    Random random(1);
    for (int round = 0; round < 200; ++round) {
        const double mean = random.integer(0, 1) == 0 ? 0.5 : 1e4;
        const double deviation = random.integer(0, 1) == 0 ? 1 : 1e-2;
        const auto count = static_cast<size_t>(random.integer(1, 200));
        const std::vector<double> x = normals(count, mean, deviation, random.bits());
        Moments total;
        for (size_t first = 0; first < count;) {
            const auto n =
                static_cast<size_t>(random.integer(0, static_cast<int64_t>(count - first)));
            const std::vector<double> part(x.begin() + static_cast<std::ptrdiff_t>(first),
                                           x.begin() + static_cast<std::ptrdiff_t>(first + n));
            total = merge(total, exact_moments(part));
            first += n;
        }
        const Moments exact = exact_moments(x);
        EXPECT_EQ(total.count, exact.count);
        EXPECT_NEAR(total.mean, exact.mean, 1e-15 * (mean + 5));
        // Each mean is one double.
        EXPECT_NEAR(total.m2, exact.m2,
                    1e-14 * exact.m2 + 1e-15 * mean * deviation * static_cast<double>(count));
    }
}

TEST(MomentsAbout, ComeFromTheSumsOfDifferencesAndTheirSquares) {
    // 1, 2, 3, 6 about 2: differences -1, 0, 1, 4.
    EXPECT_TRUE(same_bits(moments_about(2, 4, 4, 18), {4, 3, 14}));
    EXPECT_TRUE(same_bits(moments_about(7, 1, 0, 0), {1, 7, 0}));
    // Rounding can leave a negative sum.
    EXPECT_EQ(moments_about(0, 3, 3, 3 - 1e-15).m2, 0);
    EXPECT_TRUE(std::isnan(moments_about(0, 3, kNan, kNan).mean));
    EXPECT_TRUE(std::isnan(moments_about(0, 3, kNan, kNan).m2));
}

template <typename Acc>
class TileMoments : public testing::Test {};
using Accs = testing::Types<float, double>;
class AccNames {
  public:
    template <typename Acc>
    static std::string GetName(int) {
        return sizeof(Acc) == 4 ? "float" : "double";
    }
};
TYPED_TEST_SUITE(TileMoments, Accs, AccNames);

template <typename Acc>
Moments moments_of_tile(const std::vector<Acc> &x) {
    Moments total;
    cpu::kernels<Acc>().moments_of_rows({1, 1, static_cast<int64_t>(x.size())}, {x.data(), 0, 0},
                                        &total);
    return total;
}

std::vector<int64_t> tile_sizes() {
    using cpu::kLanes, cpu::kTile;
    return {1, 2, 3, kLanes - 1, kLanes, kLanes + 1, 2 * kLanes + 1, 1000, kTile - 1, kTile};
}

TYPED_TEST(TileMoments, AreExactForSmallIntegers) {
    Random random(4);
    for (const int64_t n : tile_sizes()) {
        // Pairs around a mean that is representable; an odd one out is the mean itself.
        std::vector<TypeParam> x(static_cast<size_t>(n), TypeParam(96));
        long double squares = 0;
        for (size_t i = 0; i + 1 < x.size(); i += 2) {
            const auto d = static_cast<TypeParam>(random.integer(0, 15));
            x[i] += d;
            x[i + 1] -= d;
            squares += 2 * static_cast<long double>(d) * static_cast<long double>(d);
        }
        const Moments moments = moments_of_tile(x);
        EXPECT_TRUE(same_bits(moments, {static_cast<double>(n), 96, static_cast<double>(squares)}))
            << n;
    }
}

// math.md, section 2: a mean of 1e4 at a deviation of 1e-2 keeps what matters.
TYPED_TEST(TileMoments, AreThoseOfTheElementsFarFromZeroToo) {
    for (const int64_t n : tile_sizes())
        for (const auto &[mean, deviation] :
             {std::pair{0.0, 1.0}, {1e4, 1e-2}, {-1e4, 1e-2}, {1e-15, 1e-17}, {3e15, 1e12}}) {
            const std::vector<double> wide = normals(static_cast<size_t>(n), mean, deviation, 9);
            const std::vector<TypeParam> x(wide.begin(), wide.end());
            const Moments exact = exact_moments(x);
            const Moments moments = moments_of_tile(x);
            const double rounding = std::numeric_limits<TypeParam>::epsilon();
            EXPECT_EQ(moments.count, static_cast<double>(n));
            EXPECT_NEAR(moments.mean, exact.mean,
                        2 * rounding * deviation + 3e-16 * std::fabs(mean));
            EXPECT_NEAR(
                moments.m2, exact.m2,
                8 * rounding * (exact.m2 + deviation * deviation) +
                    1e-15 * static_cast<double>(n) * std::fabs(mean) * deviation * rounding);
        }
}

TYPED_TEST(TileMoments, AreNanWhereAnElementIs) {
    for (const size_t at : {size_t{0}, size_t{1}, size_t{40}, size_t{99}}) {
        std::vector<TypeParam> x(100, TypeParam(1));
        x[at] = std::numeric_limits<TypeParam>::quiet_NaN();
        const Moments moments = moments_of_tile(x);
        EXPECT_TRUE(std::isnan(moments.mean)) << at;
        EXPECT_TRUE(std::isnan(moments.m2)) << at;
    }
}

TYPED_TEST(TileMoments, GradientSumsAreExactForSmallIntegers) {
    Random random(5);
    for (const int64_t n : tile_sizes())
        for (const bool weighted : {false, true}) {
            const auto size = static_cast<size_t>(n);
            std::vector<TypeParam> dy(size), x(size), gamma(size);
            double sum = 0, products = 0;
            for (size_t i = 0; i < size; ++i) {
                dy[i] = static_cast<TypeParam>(random.integer(-3, 3));
                x[i] = static_cast<TypeParam>(random.integer(90, 110));
                gamma[i] = static_cast<TypeParam>(random.integer(-2, 2));
                const double g =
                    static_cast<double>(dy[i]) * (weighted ? static_cast<double>(gamma[i]) : 1);
                sum += g;
                products += g * (static_cast<double>(x[i]) - 100.5);
            }
            TypeParam coefficients[5] = {100, TypeParam(0.5), 1, 0, 0};
            GradientSums sums = {};
            cpu::kernels<TypeParam>().gradient_sums_of_rows({{1, 1, n},
                                                             {x.data(), 0, 0},
                                                             {dy.data(), 0, 0},
                                                             Gate::kNone,
                                                             {},
                                                             {coefficients, 1},
                                                             {coefficients, 1},
                                                             {gamma.data(), gamma.data()},
                                                             weighted},
                                                            &sums);
            EXPECT_EQ(sums.g, sum) << n;
            EXPECT_EQ(sums.g_centred, products) << n;
        }
}

}  // namespace
}  // namespace jsnorm::test
