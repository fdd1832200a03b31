// SPDX-License-Identifier: Apache-2.0
//
// libjsnorm_nccl on the executor, with a stand-in for NCCL: both exchanges against one process on
// all rows, and to the last bit against the phases and the merging code of libjsnorm_mpi.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "src/cuda/launch/runtime.hpp"
#include "tests/distributed/nccl_executor.hpp"
#include "tests/distributed/nccl_ranks.hpp"
#include "tests/distributed/nccl_stand_in/nccl_stand_in.hpp"

namespace jsnorm::test {
namespace {

using distributed::Exchange;
using distributed::ExchangeShape;
using distributed::Payload;

TEST(NcclStream, IsTheHandlesForEverything) {
    int place = 0;
    const auto stream = reinterpret_cast<jsnormStream_t>(&place);
    const SharedLayer layer = [] {
        SharedLayer relu = shared_layers(2).front();
        relu.relu = true;
        return relu;
    }();
    for (const Exchange exchange : {Exchange::kGather, Exchange::kByChannel}) {
        take_launched_streams();
        run_nccl_ranks(2, [&](ncclComm_t comm) {
            NcclPlanObject plan;
            run_part(layer, rank_of(comm), nccl_calls(comm, exchange, plan), on_device(stream));
            const size_t collectives = nccl_stand_in::streams(comm).size();
            EXPECT_GE(collectives, 4u);  // agreement, counts, forward, backward
            for (const cudaStream_t used : nccl_stand_in::streams(comm)) EXPECT_EQ(used, stream);
        });
        const auto launches = take_launched_streams();
        EXPECT_GT(launches.size(), 16u);
        for (const jsnormStream_t used : launches) EXPECT_EQ(used, stream);
    }
}

// ---- The merging code of libjsnorm_mpi, word for word

// Records of ranks of which some are empty.
std::vector<double> random_records(const ExchangeShape &shape) {
    std::mt19937_64 bits(5);
    std::vector<double> records;
    for (int64_t r = 0; r < shape.ranks; ++r) {
        const int64_t count = r % 3 == 1 ? 0 : 1 + static_cast<int64_t>(bits() % 1000);
        const jsnormRecordHeader_t header = {count, JSNORM_RECORD_MOMENTS,
                                             static_cast<int32_t>(shape.channels)};
        double words[2];
        std::memcpy(words, &header, sizeof words);
        records.insert(records.end(), words, words + 2);
        for (int64_t k = 0; k < 2 * shape.channels; ++k) {
            records.push_back(count == 0 ? 0 : static_cast<double>(bits() >> 11) * 0x1p-53);
        }
    }
    return records;
}

TEST(NcclMerge, HasTheBitsOfTheHostsMerge) {
    const ExchangeShape shape = {Exchange::kGather, 7, 300};
    const size_t words = static_cast<size_t>(distributed::record_words(shape.channels));
    std::vector<double> records = random_records(shape);
    for (const Payload payload : {Payload::kMoments, Payload::kSums}) {
        std::vector<double> expected(words), merged(words);
        std::vector<int64_t> total(1);
        distributed::merge_records(shape, payload, records.data(), expected.data());
        int device = 0;
        cuda::current_device(device);
        LayerMemory memory(on_device());
        const distributed::MergedRecord target = {memory.output(merged), memory.output(total)};
        ASSERT_EQ(distributed::merge_records({device, nullptr}, shape, payload,
                                             memory.input(records.data(), records.size()), target),
                  JSNORM_STATUS_SUCCESS);
        memory.bring_back();
        EXPECT_EQ(std::memcmp(merged.data() + 2, expected.data() + 2, 8 * (words - 2)), 0);
        int64_t count = 0;
        for (size_t r = 0; r < 7; ++r) {
            int64_t part;
            std::memcpy(&part, &records[r * words], sizeof part);
            count += part;
        }
        jsnormRecordHeader_t header;
        std::memcpy(&header, merged.data(), sizeof header);
        EXPECT_EQ(header.count, count);
        EXPECT_EQ(total[0], count);
        EXPECT_EQ(header.statistics_per_group, 300);
    }
}

TEST(NcclChoice, TakesTheCheaperOfTwoExchanges) {
    using distributed::choose_direct_exchange;
    EXPECT_EQ(choose_direct_exchange(1, 64), Exchange::kGather);
    EXPECT_EQ(choose_direct_exchange(8, 64), Exchange::kGather);
    EXPECT_EQ(choose_direct_exchange(4096, 2048), Exchange::kByChannel);
}

}  // namespace
}  // namespace jsnorm::test
