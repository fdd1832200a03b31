// SPDX-License-Identifier: Apache-2.0
#include "bench/statistics.hpp"

#include <gtest/gtest.h>

namespace jsnorm::bench {
namespace {

TEST(Statistics, MedianIsTheMiddleOfAnyOrderAndBetweenTwoMiddles) {
    EXPECT_EQ(median({5, 1, 3}), 3);
    EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
    EXPECT_EQ(median({7}), 7);
    EXPECT_EQ(median({}), 0);
}

TEST(Statistics, QuantilesAreInterpolated) {
    EXPECT_EQ(quantile({10, 20, 30, 40, 50}, 0), 10);
    EXPECT_EQ(quantile({10, 20, 30, 40, 50}, 0.25), 20);
    EXPECT_EQ(quantile({10, 20, 30, 40, 50}, 1), 50);
    EXPECT_DOUBLE_EQ(quantile({0, 1}, 0.3), 0.3);
}

TEST(Statistics, SpreadIgnoresASingleOutlier) {
    EXPECT_EQ(spread({1, 1, 1, 1, 100}), 0);
    EXPECT_DOUBLE_EQ(spread({8, 9, 10, 11, 12}), 0.2);
    EXPECT_EQ(spread({0, 0, 0}), 0);
}

TEST(Statistics, RatiosAreTakenWithinRounds) {
    // Both slow down together in the last two rounds: the ratio does not see it.
    EXPECT_EQ(median_ratio({2, 2, 20, 40}, {1, 1, 10, 20}), 2);
    // The ratio of the medians would be 1.
    EXPECT_EQ(median_ratio({1, 2, 3}, {2, 1, 1}), 2);
    EXPECT_EQ(median_ratio({1, 2}, {0, 1}), 2);
}

}  // namespace
}  // namespace jsnorm::bench
