// SPDX-License-Identifier: Apache-2.0
//
// An operation works on the stream of its handle, in its order, and on no other.

#include "tests/gpu/every_call.hpp"

namespace jsnorm::test::gpu {
namespace {

constexpr double kSoon = 10;  // seconds, less than a Blocker holds

class Streams : public api::EachOperation {};
INSTANTIATE_TEST_SUITE_P(Operations, Streams, testing::ValuesIn(api::all_operations()),
                         api::operation_name);

TEST_P(Streams, RunWhileTheLegacyStreamIsBlocked) {
    const Stream stream;
    for (const api::Problem &problem : problems_of(operation())) {
        SCOPED_TRACE(name_of(problem));
        api::Call call(handle, operation(), problem);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);  // loads what is loaded once
        const auto expected = call.outputs();
        clear_outputs(call);
        api::require(jsnormSetStream(handle, stream.get()));
        Blocker legacy(nullptr);
        EXPECT_STATUS(call.start(handle), JSNORM_STATUS_SUCCESS);
        ASSERT_TRUE(stream.is_done_within(kSoon)) << "waits for the legacy stream";
        EXPECT_TRUE(call.outputs() == expected);
        legacy.release();
        api::require(jsnormSetStream(handle, nullptr));
    }
}

TEST_P(Streams, WaitForWhatIsAheadOfThem) {
    const Stream stream;
    api::Call call(handle, operation());
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    const auto expected = call.outputs();
    clear_outputs(call);
    const auto cleared = call.outputs();
    api::require(jsnormSetStream(handle, stream.get()));
    Blocker ahead(stream.get());
    EXPECT_STATUS(call.start(handle), JSNORM_STATUS_SUCCESS);
    if (is_asynchronous()) {
        EXPECT_FALSE(stream.is_done_within(0.05));
        EXPECT_TRUE(call.outputs() == cleared) << "started before its turn";
    }
    ahead.release();
    stream.wait();
    EXPECT_TRUE(call.outputs() == expected);
}

TEST_P(Streams, EightAtOnceGiveTheBitsOfOne) {
    constexpr size_t kStreams = 8;
    constexpr int kRounds = 25;
    EXPECT_EQ(jsnormWarmup(handle), JSNORM_STATUS_SUCCESS);
    std::vector<Stream> streams(kStreams);
    std::vector<api::Handle> handles(kStreams);
    const std::vector<api::Problem> problems = problems_of(operation());
    std::vector<std::unique_ptr<api::Call>> calls;
    std::vector<std::vector<std::byte>> expected;
    for (size_t i = 0; i < kStreams; ++i) {
        calls.push_back(
            std::make_unique<api::Call>(handle, operation(), problems[i % problems.size()]));
        for (size_t turn = 0; turn < i; ++turn) turn_inputs(*calls[i]);
        EXPECT_STATUS(calls[i]->run(handle), JSNORM_STATUS_SUCCESS);
        expected.push_back(calls[i]->outputs());
        clear_outputs(*calls[i]);
        api::require(jsnormSetStream(handles[i], streams[i].get()));
    }
    for (int round = 0; round < kRounds; ++round)
        for (size_t i = 0; i < kStreams; ++i)
            EXPECT_STATUS(calls[i]->start(handles[i]), JSNORM_STATUS_SUCCESS);
    for (size_t i = 0; i < kStreams; ++i) {
        streams[i].wait();
        EXPECT_TRUE(calls[i]->outputs() == expected[i]) << "stream " << i;
    }
}

}  // namespace
}  // namespace jsnorm::test::gpu
