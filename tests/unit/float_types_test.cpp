// SPDX-License-Identifier: Apache-2.0

#include "tests/support/float_types.hpp"

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

double through(jsnormDataType_t type, double v) {
    unsigned char bytes[8];
    store(type, bytes, v);
    return load(type, bytes);
}

// Of the sixteen-bit types.
uint16_t bits_of(jsnormDataType_t type, double v) {
    unsigned char bytes[8];
    store(type, bytes, v);
    uint16_t bits = 0;
    std::memcpy(&bits, bytes, 2);
    return bits;
}

double value_of(jsnormDataType_t type, uint16_t bits) {
    unsigned char bytes[8];
    std::memcpy(bytes, &bits, 2);
    return load(type, bytes);
}

TEST(FloatTypes, KeepEveryValueOfTheSixteenBitTypes) {
    for (const jsnormDataType_t type : {JSNORM_HALF, JSNORM_BFLOAT16})
        for (uint32_t pattern = 0; pattern < 0x10000; ++pattern) {
            const auto bits = static_cast<uint16_t>(pattern);
            const double value = value_of(type, bits);
            if (std::isnan(value))
                EXPECT_TRUE(std::isnan(through(type, value)));
            else
                ASSERT_EQ(bits_of(type, value), bits);
        }
}

TEST(FloatTypes, AreOrderedLikeTheirBits) {
    for (const jsnormDataType_t type : {JSNORM_HALF, JSNORM_BFLOAT16}) {
        double last = -1;
        for (uint16_t bits = 0; std::isfinite(value_of(type, bits)); ++bits) {
            ASSERT_GT(value_of(type, bits), last);
            last = value_of(type, bits);
        }
        EXPECT_EQ(last, format_of(type).largest);
    }
}

TEST(FloatTypes, RoundToTheNearestAndHalfwayToEven) {
    for (const jsnormDataType_t type : {JSNORM_HALF, JSNORM_BFLOAT16})
        for (uint16_t bits = 0; bits < 0x7BFF; bits = static_cast<uint16_t>(bits + 7)) {
            const auto next = static_cast<uint16_t>(bits + 1);
            if (!std::isfinite(value_of(type, next))) break;
            const double low = value_of(type, bits), high = value_of(type, next);
            const double middle = low + (high - low) / 2;
            const double nudge = (high - low) * 0x1p-20;  // less than a float can see beside `low`
            EXPECT_EQ(round_to(type, middle), bits % 2 == 0 ? low : high);
            EXPECT_EQ(round_to(type, middle - nudge), low);
            EXPECT_EQ(round_to(type, middle + nudge), high);
            EXPECT_EQ(round_to(type, -middle - nudge), -high);
        }
}

TEST(FloatTypes, RoundToFloatAsTheHardwareDoes) {
    Random random(7);
    for (int i = 0; i < 20000; ++i) {
        const double v =
            std::ldexp(random.uniform(-1, 1), static_cast<int>(random.integer(-152, 129)));
        EXPECT_EQ(round_to(JSNORM_FLOAT, v), static_cast<double>(static_cast<float>(v))) << v;
    }
}

TEST(FloatTypes, OverflowToInfinityFromHalfAStepBeyondTheLargest) {
    EXPECT_EQ(round_to(JSNORM_HALF, 65519.999), 65504);
    EXPECT_TRUE(std::isinf(round_to(JSNORM_HALF, 65520)));
    EXPECT_EQ(bits_of(JSNORM_HALF, -1e9), 0xFC00);
    EXPECT_EQ(bits_of(JSNORM_BFLOAT16, 1e39), 0x7F80);
    EXPECT_TRUE(std::isnan(through(JSNORM_HALF, std::nan(""))));
    EXPECT_TRUE(std::signbit(through(JSNORM_BFLOAT16, -0.0)));
}

}  // namespace
}  // namespace jsnorm::test
