// SPDX-License-Identifier: Apache-2.0
//
// Operations are capturable in CUDA graphs, and a replay computes what the call would have.

#include "tests/gpu/every_call.hpp"

namespace jsnorm::test::gpu {
namespace {

class Graphs : public api::EachOperation {};
INSTANTIATE_TEST_SUITE_P(Operations, Graphs, testing::ValuesIn(api::all_operations()),
                         api::operation_name);

TEST_P(Graphs, ReplayGivesTheBitsOfTheCallAlsoForNewInputs) {
    const Stream stream;
    ASSERT_EQ(jsnormWarmup(handle), JSNORM_STATUS_SUCCESS);
    for (const api::Problem &problem : problems_of(operation())) {
        SCOPED_TRACE(name_of(problem));
        api::Call eager(handle, operation(), problem);
        api::Call captured(handle, operation(), problem);
        const auto untouched = captured.outputs();
        api::require(jsnormSetStream(handle, stream.get()));
        const Graph graph(stream,
                          [&] { EXPECT_STATUS(captured.start(handle), JSNORM_STATUS_SUCCESS); });
        ASSERT_TRUE(captured.outputs() == untouched) << "work was done during the capture";
        for (int round = 0; round < 3; ++round) {
            clear_outputs(captured);
            graph.replay(stream);
            stream.wait();
            EXPECT_STATUS(eager.run(handle), JSNORM_STATUS_SUCCESS);
            EXPECT_TRUE(captured.outputs() == eager.outputs()) << "round " << round;
            EXPECT_TRUE(captured.outputs() != untouched);
            turn_inputs(eager);
            turn_inputs(captured);
        }
        api::require(jsnormSetStream(handle, nullptr));
    }
}

TEST_P(Graphs, AHundredReplaysInARowGiveTheSameBits) {
    const Stream stream;
    ASSERT_EQ(jsnormWarmup(handle), JSNORM_STATUS_SUCCESS);
    api::Call call(handle, operation());
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    const auto expected = call.outputs();
    clear_outputs(call);
    api::require(jsnormSetStream(handle, stream.get()));
    const Graph graph(stream, [&] { EXPECT_STATUS(call.start(handle), JSNORM_STATUS_SUCCESS); });
    for (int replay = 0; replay < 100; ++replay) graph.replay(stream);
    stream.wait();
    EXPECT_TRUE(call.outputs() == expected);
}

}  // namespace
}  // namespace jsnorm::test::gpu
