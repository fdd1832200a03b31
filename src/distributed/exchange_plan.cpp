// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/exchange_plan.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace jsnorm::distributed {

namespace {

constexpr double kChannelBytes = 16;  // two doubles
constexpr double kRecordHeaderBytes = 16;
constexpr double kCountBytes = 8;

// Rounds of a gather or a reduction that doubles what a rank knows.
double doublings(int64_t ranks) {
    return std::ceil(std::log2(static_cast<double>(ranks)));
}

// The cheapest of a gather and the given ones.
Exchange cheapest_of(std::initializer_list<Exchange> exchanges, int64_t ranks, int64_t channels) {
    Exchange cheapest = Exchange::kGather;
    double least = seconds(cost_of(cheapest, ranks, channels), {});
    for (const Exchange exchange : exchanges) {
        const double time = seconds(cost_of(exchange, ranks, channels), {});
        if (time < least) {
            cheapest = exchange;
            least = time;
        }
    }
    return cheapest;
}

}  // namespace

Cost cost_of(Exchange exchange, int64_t ranks, int64_t channels) {
    const double others = static_cast<double>(ranks - 1);
    const double record = kChannelBytes * static_cast<double>(channels);
    if (exchange == Exchange::kGather) {
        return {doublings(ranks), others, others * (record + kRecordHeaderBytes),
                others * static_cast<double>(channels)};
    }
    // Every rank sends to those that have a slice, and these receive from all; of the merged slices
    // a rank passes on all but one.
    const double share = others / static_cast<double>(ranks);
    const double owners = static_cast<double>(std::min(ranks, channels));
    const double gathered = share * record;
    const double merges = others * static_cast<double>(largest_slice(ranks, channels));
    if (exchange == Exchange::kByChannel) {
        return {others + doublings(ranks), std::min(owners, others) + others,
                share * record + owners * kCountBytes + gathered, merges};
    }
    // In every round half of the messages travel.
    return {2 * doublings(ranks), doublings(ranks) + others,
            doublings(ranks) / 2 * (record + owners * kCountBytes) + gathered, merges};
}

Cost cost_of_sums(int64_t ranks, int64_t channels) {
    const double share = static_cast<double>(ranks - 1) / static_cast<double>(ranks);
    const double bytes = 2 * share * kChannelBytes * static_cast<double>(channels);
    return {2 * doublings(ranks), 2 * static_cast<double>(ranks - 1), bytes,
            share * static_cast<double>(channels)};
}

double seconds(const Cost &cost, const Link &link) {
    return cost.rounds * link.round + cost.bytes * link.byte + cost.merges * link.merge;
}

Exchange choose_exchange(int64_t ranks, int64_t channels) {
    return cheapest_of({Exchange::kByChannel, Exchange::kRouted}, ranks, channels);
}

Exchange choose_direct_exchange(int64_t ranks, int64_t channels) {
    return cheapest_of({Exchange::kByChannel}, ranks, channels);
}

}  // namespace jsnorm::distributed
