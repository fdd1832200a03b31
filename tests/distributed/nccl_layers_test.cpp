// SPDX-License-Identifier: Apache-2.0
//
// libjsnorm_nccl: both exchanges against one process on all rows, and to the last bit against the
// phases. On the executor with a stand-in for NCCL, and by `./dev gpu` on GPUs with NCCL itself.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/distributed/nccl_ranks.hpp"

namespace jsnorm::test {
namespace {

using distributed::Exchange;

// On GPUs as many as there are devices. One test remains where there are no ranks, and says why.
std::vector<int64_t> rank_counts() {
    std::vector<int64_t> counts = {1, 2, 3, 4, 7, 16};
    std::erase_if(counts, [](int64_t count) { return count > std::max<int64_t>(most_ranks(), 1); });
    return counts;
}

#define JSNORM_NEEDS_RANKS() \
    if (most_ranks() == 0) GTEST_SKIP() << why_no_ranks()

class NcclLayers : public testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Ranks, NcclLayers, testing::ValuesIn(rank_counts()));

TEST_P(NcclLayers, AreTheWholeBatchByBothExchanges) {
    JSNORM_NEEDS_RANKS();
    for (const SharedLayer &layer : shared_layers(GetParam())) {
        SCOPED_TRACE(layer.name);
        const LayerResult whole = run_whole(layer);
        const LayerResult phases = run_phases(layer, on_device());
        const auto gathered = run_all_nccl_ranks(layer, Exchange::kGather);
        const auto by_channel = run_all_nccl_ranks(layer, Exchange::kByChannel);
        const bool sums =
            !layer.mask_and_residual && layer.scope == JSNORM_PARAMETER_GRADIENT_GLOBAL;
        for (int64_t r = 0; r < layer.ranks(); ++r) {
            const auto i = static_cast<size_t>(r);
            EXPECT_EQ(compare_to_whole(layer, r, gathered[i], whole), "") << "rank " << r;
            EXPECT_EQ(compare_to_phases(gathered[i], phases), "") << "rank " << r;
            EXPECT_EQ(compare_bits(gathered[i], by_channel[i]), "") << "rank " << r;
            if (!sums) continue;
            EXPECT_EQ(gathered[i].dgamma, phases.dgamma) << "rank " << r;
            EXPECT_EQ(gathered[i].dbeta, phases.dbeta) << "rank " << r;
        }
    }
}

TEST(NcclLayer, HasTheBitsOfTheFusedOperationOnOneRank) {
    JSNORM_NEEDS_RANKS();
    SharedLayer layer = shared_layers(1).front();
    layer.samples = {layer.all_rows()};  // pixels as samples, as the whole is laid out
    layer.pixels = {1};
    EXPECT_EQ(compare_bits(run_all_nccl_ranks(layer, {})[0], run_whole(layer, on_device())), "");
}

TEST(NcclLayer, OfEmptyPartsAloneLeavesRunningStatistics) {
    JSNORM_NEEDS_RANKS();
    SharedLayer layer = shared_layers(std::min<int64_t>(most_ranks(), 3)).front();
    std::fill(layer.samples.begin(), layer.samples.end(), 0);
    for (const Exchange exchange : {Exchange::kGather, Exchange::kByChannel}) {
        for (const LayerResult &result : run_all_nccl_ranks(layer, exchange)) {
            EXPECT_EQ(result.saved_mean, std::vector<double>(8, 0.0));
            EXPECT_EQ(result.running_mean, std::vector<double>(8, 0.25));
            EXPECT_EQ(result.dgamma, std::vector<double>(8, 0.0));
        }
    }
}

TEST(NcclLayer, HasTheSameBitsWhereMostRanksHaveNoChannel) {
    JSNORM_NEEDS_RANKS();
    SharedLayer layer = shared_layers(std::min<int64_t>(most_ranks(), 9)).front();
    layer.channels = 4;
    const auto gathered = run_all_nccl_ranks(layer, Exchange::kGather);
    const auto by_channel = run_all_nccl_ranks(layer, Exchange::kByChannel);
    for (size_t r = 0; r < gathered.size(); ++r) {
        EXPECT_EQ(compare_bits(gathered[r], gathered[0]).find("saved"), std::string::npos);
        EXPECT_EQ(compare_bits(gathered[r], by_channel[r]), "") << "rank " << r;
    }
}

}  // namespace
}  // namespace jsnorm::test
