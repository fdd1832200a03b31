// SPDX-License-Identifier: Apache-2.0
// How the statistics of all ranks come together, and what that costs.
//
//   gather      Every rank receives the records of all ranks and merges all channels itself. Few
//               rounds; bytes and merges grow with the ranks.
//   by channel  Rank r receives of every rank the values of its slice of the channels and merges
//               them; the merged slices are gathered. 2 * 16 bytes a channel and rank however many
//               ranks there are, but messages from all of them.
//   routed      The same by way of other ranks (routing.hpp): log2 P messages, and log2(P)/2 times
//               the bytes in the first step.
//
// All merge the ranks of a channel in the order of their numbers, by the same function: the bits
// are the same.
#pragma once

#include <cstdint>

namespace jsnorm::distributed {

enum class Exchange { kGather, kByChannel, kRouted };
inline constexpr Exchange kExchanges[] = {Exchange::kGather, Exchange::kByChannel,
                                          Exchange::kRouted};

// The channels [begin, end) that a rank merges. Ranks have equally many, or one more; with fewer
// channels than ranks some have none.
struct Slice {
    int64_t begin = 0;
    int64_t end = 0;
    constexpr int64_t size() const { return end - begin; }
};
constexpr Slice slice_of(int64_t rank, int64_t ranks, int64_t channels) {
    return {channels * rank / ranks, channels * (rank + 1) / ranks};
}
constexpr int64_t largest_slice(int64_t ranks, int64_t channels) {
    return (channels + ranks - 1) / ranks;
}
// Whose slice a channel is in.
constexpr int64_t owner_of(int64_t channel, int64_t ranks, int64_t channels) {
    return ((channel + 1) * ranks - 1) / channels;
}

// Of the busiest rank.
struct Cost {
    double rounds = 0;    // messages that wait for each other
    double messages = 0;  // that a rank sends
    double bytes = 0;     // that a rank sends
    double merges = 0;    // pairs of moments
};
Cost cost_of(Exchange exchange, int64_t ranks, int64_t channels);

// For comparison: an all-reduce of two sums a channel, of which the variance cancels.
Cost cost_of_sums(int64_t ranks, int64_t channels);

// Seconds a round, a byte and a merge: of InfiniBand with some way to go, and of a core
// (docs/distributed.md).
struct Link {
    double round = 2e-6;
    double byte = 1.0 / 10e9;
    double merge = 2e-9;
};
double seconds(const Cost &cost, const Link &link);

// The cheapest exchange on the default link. It depends on nothing that may differ between ranks.
Exchange choose_exchange(int64_t ranks, int64_t channels);

// The cheaper of the two that do not pass messages on.
Exchange choose_direct_exchange(int64_t ranks, int64_t channels);

}  // namespace jsnorm::distributed
