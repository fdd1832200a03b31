// SPDX-License-Identifier: Apache-2.0
//
// Slices of channels, what the exchanges cost, and which is chosen.
#include "src/distributed/exchange_plan.hpp"

#include <gtest/gtest.h>

namespace jsnorm::distributed {
namespace {

TEST(Slices, CoverEveryChannelOnceAndEvenly) {
    for (const int64_t ranks : {1, 2, 3, 7, 16, 4096}) {
        for (const int64_t channels : {0, 1, 5, 16, 301, 2048}) {
            int64_t next = 0;
            for (int64_t r = 0; r < ranks; ++r) {
                const Slice slice = slice_of(r, ranks, channels);
                EXPECT_EQ(slice.begin, next);
                EXPECT_GE(slice.size(), channels / ranks);
                EXPECT_LE(slice.size(), largest_slice(ranks, channels));
                next = slice.end;
            }
            EXPECT_EQ(next, channels);
        }
    }
}

TEST(Costs, BytesByChannelDoNotGrowWithTheRanks) {
    const double once = 2 * 16 * 2048;
    for (const int64_t ranks : {8, 64, 512, 4096}) {
        const Cost cost = cost_of(Exchange::kByChannel, ranks, 2048);
        EXPECT_GT(cost.bytes, 0.8 * once);
        EXPECT_LT(cost.bytes, 1.3 * once);
    }
}

TEST(Costs, BytesOfAGatherAreARecordForEveryOtherRank) {
    EXPECT_EQ(cost_of(Exchange::kGather, 1, 64).bytes, 0);
    EXPECT_EQ(cost_of(Exchange::kGather, 9, 64).bytes, 8 * (64 * 16 + 16));
    EXPECT_EQ(cost_of(Exchange::kGather, 9, 64).rounds, 4);
    EXPECT_EQ(cost_of(Exchange::kGather, 9, 64).merges, 8 * 64);
}

TEST(Costs, OfSumsAreThoseOfAReduceScatterAndAGather) {
    EXPECT_EQ(cost_of_sums(8, 64).bytes, 2 * 7 * 64 * 16 / 8);
    EXPECT_EQ(cost_of_sums(8, 64).rounds, 6);
}

TEST(Costs, RoutingTakesFewRoundsAndMoreBytes) {
    const Cost direct = cost_of(Exchange::kByChannel, 4096, 2048);
    const Cost routed = cost_of(Exchange::kRouted, 4096, 2048);
    EXPECT_EQ(direct.rounds, 4095 + 12);
    EXPECT_EQ(routed.rounds, 24);
    EXPECT_EQ(routed.merges, direct.merges);
    EXPECT_EQ(routed.bytes, 6 * (16 + 8) * 2048 + 16 * 2048 * 4095.0 / 4096);
}

TEST(Choice, IsGatherForFewRanksAndRoutedForMany) {
    EXPECT_EQ(choose_exchange(1, 2048), Exchange::kGather);
    EXPECT_EQ(choose_exchange(8, 64), Exchange::kGather);
    EXPECT_EQ(choose_exchange(4, 100000), Exchange::kByChannel);
    EXPECT_EQ(choose_exchange(64, 2048), Exchange::kRouted);
    EXPECT_EQ(choose_exchange(4096, 2048), Exchange::kRouted);
}

TEST(Choice, IsTheCheapestOnTheDefaultLink) {
    for (const int64_t ranks : {1, 2, 8, 64, 512, 4096}) {
        for (const int64_t channels : {0, 1, 64, 256, 1024, 2048, 100000}) {
            const Exchange chosen = choose_exchange(ranks, channels);
            for (const Exchange exchange : kExchanges) {
                EXPECT_LE(seconds(cost_of(chosen, ranks, channels), {}),
                          seconds(cost_of(exchange, ranks, channels), {}));
            }
        }
    }
}

}  // namespace
}  // namespace jsnorm::distributed
