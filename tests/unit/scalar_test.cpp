// SPDX-License-Identifier: Apache-2.0
//
// half and bfloat16 (kernels/math/scalar.cuh), all 65536 patterns of each, against formulas in
// double.

#include "kernels/math/scalar.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

// The value of a pattern by definition: sign, exponent and fraction, each taken apart.
struct HalfFormat {
    using Type = Half;
    static constexpr int kFractionBits = 10;
    static constexpr int kBias = 15;
};
struct BFloat16Format {
    using Type = BFloat16;
    static constexpr int kFractionBits = 7;
    static constexpr int kBias = 127;
};

template <typename Format>
double value_of(uint16_t bits) {
    const int fraction_size = 1 << Format::kFractionBits;
    const int fraction = bits % fraction_size;
    const int exponent = (bits & 0x7fff) / fraction_size;
    const int special = 0x7fff / fraction_size;
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    if (exponent == special)
        return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                             : sign * std::numeric_limits<double>::infinity();
    const int lead = exponent == 0 ? 0 : fraction_size;
    const int scale = std::max(exponent, 1) - Format::kBias - Format::kFractionBits;
    return sign * std::ldexp(lead + fraction, scale);
}

template <typename Format>
class Scalar : public testing::Test {
  protected:
    using Number = typename Format::Type;
    static constexpr uint16_t kInfinity =
        static_cast<uint16_t>(0x7fff >> Format::kFractionBits << Format::kFractionBits);
    static bool is_nan(Number value) { return (value.bits & 0x7fff) > kInfinity; }
    static Number from(uint32_t bits) { return Number{static_cast<uint16_t>(bits)}; }
    static constexpr uint32_t kPatterns = 0x10000;
};

using Formats = testing::Types<HalfFormat, BFloat16Format>;
class FormatNames {
  public:
    template <typename Format>
    static std::string GetName(int) {
        return std::is_same_v<Format, HalfFormat> ? "half" : "bfloat16";
    }
};
TYPED_TEST_SUITE(Scalar, Formats, FormatNames);

TYPED_TEST(Scalar, EveryPatternWidensToItsValue) {
    for (uint32_t bits = 0; bits < this->kPatterns; ++bits) {
        const float wide = widen(this->from(bits));
        const double expected = value_of<TypeParam>(static_cast<uint16_t>(bits));
        if (std::isnan(expected)) {
            EXPECT_TRUE(std::isnan(wide)) << bits;
        } else {
            EXPECT_EQ(static_cast<double>(wide), expected) << bits;
            EXPECT_EQ(std::signbit(wide), bits >= 0x8000) << bits;
        }
    }
}

TYPED_TEST(Scalar, EveryPatternSurvivesTheWayToFloatAndBack) {
    using T = typename TypeParam::Type;
    for (uint32_t bits = 0; bits < this->kPatterns; ++bits) {
        const T back = narrow<T>(widen(this->from(bits)));
        if (this->is_nan(this->from(bits))) {
            EXPECT_TRUE(this->is_nan(back)) << bits;
            EXPECT_EQ(back.bits & 0x8000, bits & 0x8000) << bits;
        } else {
            EXPECT_EQ(back.bits, bits);
        }
    }
}

// Between any two neighbours: just below the middle the lower one, just above the upper one, and in
// the middle the even one. Beyond the largest number comes infinity, which the same rule reaches
// half a step further on.
TYPED_TEST(Scalar, FloatsRoundToTheNearestAndInTheMiddleToTheEvenPattern) {
    using T = typename TypeParam::Type;
    for (uint32_t lower = 0; lower < this->kInfinity; ++lower) {
        const double low = value_of<TypeParam>(static_cast<uint16_t>(lower));
        double high = value_of<TypeParam>(static_cast<uint16_t>(lower + 1));
        if (std::isinf(high))
            high = 2 * low - value_of<TypeParam>(static_cast<uint16_t>(lower - 1));
        const double middle = low + (high - low) / 2;
        const auto tie = static_cast<float>(middle);
        ASSERT_EQ(static_cast<double>(tie), middle);
        const uint32_t even = lower + lower % 2;
        for (const uint32_t sign : {0u, 0x8000u}) {
            const float signed_tie = sign != 0 ? -tie : tie;
            const float inside = std::nextafter(signed_tie, 0.0f);
            const float outside = std::nextafter(signed_tie, 2 * signed_tie);
            EXPECT_EQ(narrow<T>(signed_tie).bits, sign | even) << tie;
            EXPECT_EQ(narrow<T>(inside).bits, sign | lower) << tie;
            EXPECT_EQ(narrow<T>(outside).bits, sign | (lower + 1)) << tie;
        }
    }
}

TYPED_TEST(Scalar, TinyHugeInfiniteAndNanFloatsKeepTheirSign) {
    using T = typename TypeParam::Type;
    constexpr float kInf = std::numeric_limits<float>::infinity();
    EXPECT_EQ(narrow<T>(0.0f).bits, 0);
    EXPECT_EQ(narrow<T>(-0.0f).bits, 0x8000);
    EXPECT_EQ(narrow<T>(std::numeric_limits<float>::denorm_min()).bits, 0);
    EXPECT_EQ(narrow<T>(-std::numeric_limits<float>::denorm_min()).bits, 0x8000);
    EXPECT_EQ(narrow<T>(std::numeric_limits<float>::max()).bits, this->kInfinity);
    EXPECT_EQ(narrow<T>(-std::numeric_limits<float>::max()).bits, 0x8000 | this->kInfinity);
    EXPECT_EQ(narrow<T>(kInf).bits, this->kInfinity);
    EXPECT_EQ(narrow<T>(-kInf).bits, 0x8000 | this->kInfinity);
    // Every kind of NaN, also those whose payload is in the bits that are dropped.
    for (const uint32_t payload : {0x1u, 0x1000u, 0x8000u, 0x400000u, 0x7fffffu})
        for (const uint32_t sign : {0u, 0x80000000u}) {
            const T nan = narrow<T>(std::bit_cast<float>(0x7f800000u | sign | payload));
            EXPECT_TRUE(this->is_nan(nan)) << payload;
            EXPECT_EQ(nan.bits & 0x8000, sign >> 16);
        }
}

// The nearest pattern, by bisection over the patterns of this sign; ties to the even one.
template <typename Format>
uint16_t nearest(double value) {
    constexpr int kInfinity = 0x7fff >> Format::kFractionBits << Format::kFractionBits;
    const double magnitude = std::fabs(value);
    int low = 0, high = kInfinity;  // value_of(low) <= magnitude < value_of(high)
    while (high - low > 1) {
        const int between = (low + high) / 2;
        (value_of<Format>(static_cast<uint16_t>(between)) <= magnitude ? low : high) = between;
    }
    const double below = value_of<Format>(static_cast<uint16_t>(low));
    const double step = below - value_of<Format>(static_cast<uint16_t>(low == 0 ? 1 : low - 1));
    const double above =
        high == kInfinity ? below + std::fabs(step) : value_of<Format>(static_cast<uint16_t>(high));
    const double down = magnitude - below, up = above - magnitude;
    const int chosen = down < up || (down == up && low % 2 == 0) ? low : high;
    return static_cast<uint16_t>(chosen | (std::signbit(value) ? 0x8000 : 0));
}

TYPED_TEST(Scalar, FloatsOfEverySizeRoundToTheNearestPattern) {
    using T = typename TypeParam::Type;
    Random random(1);
    for (int round = 0; round < 200000; ++round) {
        const auto value = std::bit_cast<float>(static_cast<uint32_t>(random.bits()));
        if (!std::isfinite(value)) continue;
        ASSERT_EQ(narrow<T>(value).bits, nearest<TypeParam>(static_cast<double>(value))) << value;
    }
}

// dgamma and dbeta go from double sums to the type of the parameters.
TYPED_TEST(Scalar, DoublesRoundToTheNearestPatternAndOnlyOnce) {
    using T = typename TypeParam::Type;
    for (uint32_t bits = 1; bits < this->kInfinity; bits += 7) {
        const double low = value_of<TypeParam>(static_cast<uint16_t>(bits - 1));
        const double high = value_of<TypeParam>(static_cast<uint16_t>(bits));
        const double middle = low + (high - low) / 2;
        for (const double value :
             {middle, std::nextafter(middle, low), std::nextafter(middle, high),
              -std::nextafter(middle, low), -std::nextafter(middle, high)})
            ASSERT_EQ(narrow<T>(value).bits, nearest<TypeParam>(value)) << value;
    }
}

TEST(ScalarOfOtherTypes, StaysWhatItIs) {
    EXPECT_EQ(widen(1.25f), 1.25f);
    EXPECT_EQ(widen(0.1), 0.1);
    EXPECT_EQ(narrow<float>(0.1f), 0.1f);
    EXPECT_EQ(narrow<float>(0.1), 0.1f);
    EXPECT_EQ(narrow<double>(0.1), 0.1);
    static_assert(std::is_same_v<Compute<double>, double>);
    static_assert(std::is_same_v<Compute<float>, float>);
    static_assert(std::is_same_v<Compute<Half>, float>);
    static_assert(std::is_same_v<Compute<BFloat16>, float>);
    static_assert(sizeof(Half) == 2 && sizeof(BFloat16) == 2);
}

}  // namespace
}  // namespace jsnorm::test
