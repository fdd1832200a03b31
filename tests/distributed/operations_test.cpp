// SPDX-License-Identifier: Apache-2.0
//
// The synchronized operations over threads, every exchange, against one process on all rows.
#include <gtest/gtest.h>

#include "src/distributed/error.hpp"
#include "src/distributed/operations.hpp"
#include "tests/distributed/shared_layer.hpp"
#include "tests/distributed/thread_engine.hpp"

namespace jsnorm::test {
namespace {

using distributed::Exchange;

LayerCalls calls_of(distributed::Engine &engine, Exchange exchange) {
    LayerCalls calls;
    calls.workspace_size = [&engine, exchange](auto handle, auto norm, auto x_desc, auto operation,
                                               size_t *bytes) {
        return distributed::workspace_size(handle, norm, x_desc, operation, engine.size(), exchange,
                                           bytes);
    };
    calls.forward = [&engine, exchange](auto handle, auto norm, auto *args) {
        return distributed::forward_training(handle, norm, args, engine, exchange);
    };
    calls.backward = [&engine, exchange](auto handle, auto norm, auto *args) {
        return distributed::backward(handle, norm, args, engine, exchange);
    };
    calls.last_error = distributed::last_error;
    return calls;
}

std::vector<LayerResult> run_all_ranks(const SharedLayer &layer, Exchange exchange) {
    std::vector<LayerResult> results(layer.samples.size());
    run_ranks(layer.ranks(), [&](distributed::Engine &engine) {
        results[static_cast<size_t>(engine.rank())] =
            run_part(layer, engine.rank(), calls_of(engine, exchange));
    });
    return results;
}

class SharedLayers : public testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Ranks, SharedLayers, testing::Values(1, 2, 3, 4, 7, 16, 21));

TEST_P(SharedLayers, AreTheWholeBatchByEveryExchange) {
    for (const SharedLayer &layer : shared_layers(GetParam())) {
        SCOPED_TRACE(layer.name);
        const LayerResult whole = run_whole(layer);
        const LayerResult phases = run_phases(layer);
        const auto gathered = run_all_ranks(layer, Exchange::kGather);
        const auto by_channel = run_all_ranks(layer, Exchange::kByChannel);
        const auto routed = run_all_ranks(layer, Exchange::kRouted);
        for (int64_t r = 0; r < layer.ranks(); ++r) {
            const auto i = static_cast<size_t>(r);
            EXPECT_EQ(compare_to_whole(layer, r, gathered[i], whole), "") << "rank " << r;
            EXPECT_EQ(compare_to_phases(gathered[i], phases), "") << "rank " << r;
            EXPECT_EQ(compare_bits(gathered[i], by_channel[i]), "") << "rank " << r;
            EXPECT_EQ(compare_bits(gathered[i], routed[i]), "") << "rank " << r;
        }
    }
}

TEST_P(SharedLayers, GradientsOfParametersHaveTheBitsOfThePhases) {
    for (const SharedLayer &layer : shared_layers(GetParam())) {
        if (layer.mask_and_residual || layer.scope == JSNORM_PARAMETER_GRADIENT_LOCAL) continue;
        SCOPED_TRACE(layer.name);
        const LayerResult phases = run_phases(layer);
        for (const LayerResult &result : run_all_ranks(layer, Exchange::kByChannel)) {
            EXPECT_EQ(result.dgamma, phases.dgamma);
            EXPECT_EQ(result.dbeta, phases.dbeta);
        }
    }
}

TEST_P(SharedLayers, LocalGradientsOfParametersAddUp) {
    SharedLayer layer = shared_layers(GetParam()).front();
    layer.scope = JSNORM_PARAMETER_GRADIENT_LOCAL;
    const LayerResult whole = run_whole(layer);
    std::vector<double> dgamma(whole.dgamma.size()), dbeta(whole.dbeta.size());
    for (const LayerResult &result : run_all_ranks(layer, Exchange::kGather)) {
        for (size_t k = 0; k < dgamma.size(); ++k) {
            dgamma[k] += result.dgamma[k];
            dbeta[k] += result.dbeta[k];
        }
    }
    for (size_t k = 0; k < dgamma.size(); ++k) {
        EXPECT_NEAR(dgamma[k], whole.dgamma[k], 1e-10);
        EXPECT_NEAR(dbeta[k], whole.dbeta[k], 1e-10);
    }
}

TEST(OneRank, HasTheBitsOfTheFusedOperation) {
    for (const SharedLayer &layer : shared_layers(1)) {
        SCOPED_TRACE(layer.name);
        SharedLayer same = layer;  // pixels as samples, as the whole is laid out
        same.samples = {layer.all_rows()};
        same.pixels = {1};
        EXPECT_EQ(compare_bits(run_all_ranks(same, Exchange::kByChannel)[0], run_whole(same)), "");
    }
}

TEST(ManyRanks, HaveTheSameBitsByEveryExchange) {
    for (const int64_t channels : {33, 200}) {  // fewer than ranks, and more
        SharedLayer layer = shared_layers(70).front();
        layer.channels = channels;
        const auto gathered = run_all_ranks(layer, Exchange::kGather);
        for (const Exchange exchange : {Exchange::kByChannel, Exchange::kRouted}) {
            const auto others = run_all_ranks(layer, exchange);
            for (size_t r = 0; r < others.size(); ++r) {
                EXPECT_EQ(compare_bits(gathered[r], others[r]), "") << "rank " << r;
            }
        }
    }
}

TEST(AllRanksEmpty, SucceedAndLeaveRunningStatistics) {
    SharedLayer layer = shared_layers(3).front();
    layer.samples = {0, 0, 0};
    for (const Exchange exchange : distributed::kExchanges) {
        for (const LayerResult &result : run_all_ranks(layer, exchange)) {
            EXPECT_EQ(result.saved_mean, std::vector<double>(8, 0.0));
            EXPECT_EQ(result.running_mean, std::vector<double>(8, 0.25));
            EXPECT_EQ(result.dgamma, std::vector<double>(8, 0.0));
        }
    }
}

}  // namespace
}  // namespace jsnorm::test
