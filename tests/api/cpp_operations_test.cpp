// SPDX-License-Identifier: Apache-2.0
//
// jsnorm.hpp: each function calls the C function of its name, with arguments as Init leaves them.
#include <jsnorm/jsnorm.hpp>

#include "tests/api/api_fixture.hpp"

// Not in the fixture's namespace, which has owners of the same names.
namespace jsnorm::test::cpp {
namespace {

using api::require;

template <typename C>
void expect_as_init(jsnormStatus_t (*init)(C *, size_t)) {
    C expected;
    require(init(&expected, sizeof expected));
    const Args<C> args;
    EXPECT_EQ(std::memcmp(static_cast<const C *>(&args), &expected, sizeof(C)), 0) << sizeof(C);
}

TEST(CppOperations, ArgumentsBeginAsInitLeavesThem) {
    expect_as_init(jsnormMemoryTrafficInit);
    expect_as_init(jsnormForwardTrainingArgsInit);
    expect_as_init(jsnormForwardInferenceArgsInit);
    expect_as_init(jsnormBackwardArgsInit);
    expect_as_init(jsnormBackwardFixedStatisticsArgsInit);
    expect_as_init(jsnormForwardStatisticsArgsInit);
    expect_as_init(jsnormForwardFinalizeArgsInit);
    expect_as_init(jsnormForwardApplyArgsInit);
    expect_as_init(jsnormBackwardReduceArgsInit);
    expect_as_init(jsnormBackwardFinalizeArgsInit);
    expect_as_init(jsnormBackwardApplyArgsInit);
}

// A call that must fail says which C function was called.
void expect_from(const Status &status, const std::string &function) {
    EXPECT_FALSE(status.ok()) << function;
    EXPECT_EQ(status.message().compare(0, function.size() + 1, function + ":"), 0)
        << function << " was expected, but: " << status.message();
}

TEST(CppOperations, EachCallsTheFunctionOfItsName) {
    const Handle none;
    const NormDescriptor norm = NormBuilder(JSNORM_BATCH_NORM).build().or_throw();
    expect_from(forward_training(none, norm, ForwardTrainingArgs()), "jsnormForwardTraining");
    expect_from(forward_inference(none, norm, ForwardInferenceArgs()), "jsnormForwardInference");
    expect_from(backward(none, norm, BackwardArgs()), "jsnormBackward");
    expect_from(backward_fixed_statistics(none, norm, BackwardFixedStatisticsArgs()),
                "jsnormBackwardFixedStatistics");
    expect_from(forward_statistics(none, norm, ForwardStatisticsArgs()), "jsnormForwardStatistics");
    expect_from(forward_finalize(none, norm, ForwardFinalizeArgs()), "jsnormForwardFinalize");
    expect_from(forward_apply(none, norm, ForwardApplyArgs()), "jsnormForwardApply");
    expect_from(backward_reduce(none, norm, BackwardReduceArgs()), "jsnormBackwardReduce");
    expect_from(backward_finalize(none, norm, BackwardFinalizeArgs()), "jsnormBackwardFinalize");
    expect_from(backward_apply(none, norm, BackwardApplyArgs()), "jsnormBackwardApply");
}

TEST(CppOperations, SettersOfAHandleCallTheFunctionOfTheirName) {
    Handle none;
    expect_from(none.backend().status(), "jsnormGetBackend");
    expect_from(none.set_stream(nullptr), "jsnormSetStream");
    expect_from(none.set_thread_count(1), "jsnormSetThreadCount");
    expect_from(none.set_task_runner(nullptr, nullptr), "jsnormSetTaskRunner");
    expect_from(none.set_sm_count_target(1), "jsnormSetSmCountTarget");
    expect_from(none.set_pointer_checks(true), "jsnormSetPointerChecks");
    expect_from(none.warmup(), "jsnormWarmup");
    expect_from(NormDescriptor().finalize(), "jsnormFinalizeNormDescriptor");
    expect_from(NormDescriptor().clone().status(), "jsnormCloneNormDescriptor");

    Handle handle = Handle::create(JSNORM_BACKEND_CPU).or_throw();
    int32_t threads = 0, checks = 0;
    handle.set_thread_count(3).or_throw();
    handle.set_pointer_checks(true).or_throw();
    require(jsnormGetThreadCount(handle, &threads));
    require(jsnormGetPointerChecks(handle, &checks));
    EXPECT_EQ(threads, 3);
    EXPECT_EQ(checks, 1);
}

TEST(CppOperations, QueriesAnswerWhatTheCApiAnswers) {
    const Handle handle = Handle::create(JSNORM_BACKEND_CPU).or_throw();
    const TensorDescriptor x = TensorDescriptor::create(JSNORM_FLOAT, {4, 6, 5}).or_throw();
    const NormDescriptor norm = NormBuilder(JSNORM_BATCH_NORM).build().or_throw();

    const StatisticsShape shape = statistics_shape(norm, x).or_throw();
    EXPECT_EQ(shape.groups, 1);
    EXPECT_EQ(shape.statistics_per_group, 6);
    EXPECT_EQ(shape.elements_per_statistic, 20);
    EXPECT_EQ(shape.parameter_count, 6);

    size_t bytes = 0;
    require(jsnormGetWorkspaceSize(handle, norm, x, JSNORM_BACKWARD, &bytes));
    EXPECT_EQ(workspace_size(handle, norm, x, JSNORM_BACKWARD).or_throw(), bytes);
    EXPECT_EQ(mask_size(x).or_throw(), 16u);  // 120 bits in words of 32
    EXPECT_EQ(record_size(norm, x, JSNORM_RECORD_MOMENTS).or_throw(), 16u + 2 * 6 * 8);
    EXPECT_EQ(forward_coefficient_size(norm, x).or_throw(), 3u * 6 * 4);
    EXPECT_EQ(backward_coefficient_size(norm, x).or_throw(), 5u * 6 * 4);
    const MemoryTraffic traffic =
        memory_traffic(handle, norm, x, JSNORM_FORWARD_TRAINING, JSNORM_TRAFFIC_RESIDUAL)
            .or_throw();
    EXPECT_EQ(traffic.least_tensor_bytes, 3u * 120 * 4);

    const TensorDescriptor unset = TensorDescriptor::create().or_throw();
    expect_from(statistics_shape(norm, unset).status(), "jsnormGetStatisticsShape");
    expect_from(workspace_size(handle, norm, unset, JSNORM_BACKWARD).status(),
                "jsnormGetWorkspaceSize");
    expect_from(mask_size(unset).status(), "jsnormGetMaskSize");
    expect_from(record_size(norm, unset, JSNORM_RECORD_SUMS).status(), "jsnormGetRecordSize");
    expect_from(forward_coefficient_size(norm, unset).status(), "jsnormGetForwardCoefficientSize");
    expect_from(backward_coefficient_size(norm, unset).status(),
                "jsnormGetBackwardCoefficientSize");
    expect_from(memory_traffic(handle, norm, unset, JSNORM_BACKWARD).status(),
                "jsnormGetMemoryTraffic");
}

TEST(CppOperations, AnOrdinaryBatchNormOfKnownNumbers) {
    const Handle handle = Handle::create(JSNORM_BACKEND_CPU).or_throw();
    const TensorDescriptor desc = TensorDescriptor::create(JSNORM_FLOAT, {2, 3, 2}).or_throw();
    const NormDescriptor norm = NormBuilder(JSNORM_BATCH_NORM)
                                    .estimator(JSNORM_ESTIMATOR_NONE)
                                    .epsilon(0.0)
                                    .build()
                                    .or_throw();
    const float x[12] = {4, 6, -1, 1, 99, 101, 4, 6, -1, 1, 99, 101};
    float y[12] = {};
    double mean[3] = {};
    std::vector<std::byte> workspace(
        workspace_size(handle, norm, desc, JSNORM_FORWARD_TRAINING).or_throw());
    ForwardTrainingArgs args;
    args.x_desc = args.y_desc = desc;
    args.x = x;
    args.y = y;
    args.saved_mean = mean;
    args.workspace = workspace.data();
    args.workspace_bytes = workspace.size();
    forward_training(handle, norm, args).or_throw();
    for (int i = 0; i < 12; ++i) EXPECT_EQ(y[i], i % 2 == 0 ? -1.0f : 1.0f) << i;
    EXPECT_EQ(mean[0], 5.0);
    EXPECT_EQ(mean[1], 0.0);
    EXPECT_EQ(mean[2], 100.0);
}

}  // namespace
}  // namespace jsnorm::test::cpp
