// SPDX-License-Identifier: Apache-2.0
//
// Running statistics: the factor, the step, which pointers belong together, and what is not read.
#include "tests/api/each_operation.hpp"

namespace jsnorm::test::api {
namespace {

// ---- Updates: forward training, and finalize
// -----------------------------------------------------

class RunningUpdate : public EachOperation {
  protected:
    // Both structs have the same members here.
    template <class Use>
    void with_args(Call &call, Use use) {
        if (GetParam() == JSNORM_FORWARD_TRAINING) {
            use(call.args<jsnormForwardTrainingArgs_t>());
        } else {
            use(call.args<jsnormForwardFinalizeArgs_t>());
        }
    }
    // The valid call, with a factor instead of the step.
    std::unique_ptr<Call> call_with_factor(double factor) {
        auto call = std::make_unique<Call>(handle, operation());
        with_args(*call, [&](auto &args) {
            args.step = nullptr;
            args.factor = factor;
        });
        return call;
    }
    static void fill_with_nan(Call &call, const std::string &name) {
        const std::vector<float> values(5, std::numeric_limits<float>::quiet_NaN());
        std::memcpy(call.slot(name), values.data(), values.size() * sizeof(float));
    }
    static void fill_running_with_nan(Call &call) {
        fill_with_nan(call, "running_mean");
        fill_with_nan(call, "running_variance");
    }
    static void drop_running(Call &call) {
        call.set_pointer("running_mean", nullptr);
        call.set_pointer("running_variance", nullptr);
    }
    static void expect_finite(const Call &call) {
        for (const char *name : {"next_running_mean", "next_running_variance"}) {
            for (float value : call.values<float>(name)) EXPECT_TRUE(std::isfinite(value)) << name;
        }
    }
};
INSTANTIATE_TEST_SUITE_P(Operations, RunningUpdate,
                         testing::Values(JSNORM_FORWARD_TRAINING, JSNORM_FORWARD_FINALIZE),
                         operation_name);

TEST_P(RunningUpdate, FactorOutsideOfZeroToOneIsRefused) {
    for (double factor : {kNaN, kInfinity, -kInfinity, -0.125, 1.125, -1e-300, 1 + 1e-15}) {
        SCOPED_TRACE(factor);
        expect_rejected(handle, *call_with_factor(factor), JSNORM_STATUS_BAD_PARAM,
                        {"args.factor"});
    }
    expect_rejected(handle, *call_with_factor(1.125), JSNORM_STATUS_BAD_PARAM, {"1.125"});
    expect_rejected(handle, *call_with_factor(1.0000001), JSNORM_STATUS_BAD_PARAM, {"1.0000001"});
}

TEST_P(RunningUpdate, FactorFromZeroToOneIsAccepted) {
    for (double factor : {0.0, 5e-324, 0.1, 0.5, 1.0}) {
        EXPECT_STATUS(call_with_factor(factor)->run(handle), JSNORM_STATUS_SUCCESS) << factor;
    }
}

TEST_P(RunningUpdate, FactorZeroKeepsTheOldStatistics) {
    const auto call = call_with_factor(0.0);
    EXPECT_STATUS(call->run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(call->values<float>("next_running_mean"), call->values<float>("running_mean"));
    EXPECT_EQ(call->values<float>("next_running_variance"),
              call->values<float>("running_variance"));
}

TEST_P(RunningUpdate, FactorOneDoesNotReadTheOldStatistics) {
    const auto without = call_with_factor(1.0), with_nan = call_with_factor(1.0);
    drop_running(*without);
    fill_running_with_nan(*with_nan);
    EXPECT_STATUS(without->run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(with_nan->run(handle), JSNORM_STATUS_SUCCESS);
    expect_finite(*without);
    EXPECT_TRUE(without->outputs() == with_nan->outputs());
}

TEST_P(RunningUpdate, StepZeroDoesNotReadTheOldStatistics) {
    const auto by_factor = call_with_factor(1.0);
    Call by_step(handle, operation());
    fill_running_with_nan(by_step);
    std::memset(by_step.slot("step"), 0, sizeof(int64_t));
    EXPECT_STATUS(by_factor->run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(by_step.run(handle), JSNORM_STATUS_SUCCESS);
    expect_finite(by_step);
    EXPECT_TRUE(by_factor->outputs() == by_step.outputs());
}

TEST_P(RunningUpdate, StepReplacesTheFactor) {
    const auto by_factor = call_with_factor(0.25);
    Call by_step(handle, operation());  // step 3: 1/(1+3)
    with_args(by_step, [](auto &args) { args.factor = 0.875; });
    EXPECT_STATUS(by_factor->run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(by_step.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_TRUE(by_factor->outputs() == by_step.outputs());
}

TEST_P(RunningUpdate, OldStatisticsAreNeededUnlessTheFactorIsOne) {
    for (const char *name : {"running_mean", "running_variance"}) {
        SCOPED_TRACE(name);
        const auto by_factor = call_with_factor(0.5);
        by_factor->set_pointer(name, nullptr);
        expect_rejected(handle, *by_factor, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                        {std::string("args.") + name});
        // The host does not know the step, which lives on the device; the factor means nothing
        // then.
        Call by_step(handle, operation());
        with_args(by_step, [](auto &args) { args.factor = 1; });
        by_step.set_pointer(name, nullptr);
        expect_rejected(handle, by_step, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                        {std::string("args.") + name});
    }
}

TEST_P(RunningUpdate, OldStatisticsWithoutAPlaceForTheNewOnesAreRefused) {
    for (const char *name : {"next_running_mean", "next_running_variance"}) {
        SCOPED_TRACE(name);
        Call call(handle, operation());
        call.set_pointer(name, nullptr);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                        {std::string("args.") + name});
    }
}

TEST_P(RunningUpdate, InPlaceEqualsOutOfPlace) {
    Call out_of_place(handle, operation()), in_place(handle, operation());
    in_place.set_pointer("next_running_mean", in_place.slot("running_mean"));
    in_place.set_pointer("next_running_variance", in_place.slot("running_variance"));
    EXPECT_STATUS(out_of_place.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(in_place.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_TRUE(out_of_place.outputs() == in_place.outputs());
}

// ---- Kinds without running statistics
// ------------------------------------------------------------

constexpr jsnormNormKind_t kOtherKinds[] = {JSNORM_INSTANCE_NORM, JSNORM_LAYER_NORM,
                                            JSNORM_GROUP_NORM};

TEST(RunningStatistics, OtherKindsMustNotHaveThem) {
    const Handle handle;
    for (jsnormNormKind_t kind : kOtherKinds) {
        Problem problem;
        problem.kind = kind;
        for (jsnormOperation_t id : {JSNORM_FORWARD_TRAINING, JSNORM_FORWARD_INFERENCE}) {
            for (const Field &field : operation(id).fields) {
                if (field.role != Role::kRunning) continue;
                SCOPED_TRACE(field.name);
                Call call(handle, operation(id), problem);
                call.set_descriptor("running_desc", nullptr);
                call.set_pointer(field, call.slot(field));
                expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM, {"args." + field.name});
            }
        }
    }
}

TEST(RunningStatistics, OtherKindsWorkWithoutThem) {
    const Handle handle;
    for (jsnormNormKind_t kind : kOtherKinds) {
        Problem problem;
        problem.kind = kind;
        for (jsnormOperation_t id :
             {JSNORM_FORWARD_TRAINING, JSNORM_FORWARD_INFERENCE, JSNORM_BACKWARD}) {
            const Call call(handle, operation(id), problem);
            EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        }
    }
}

// ---- The count behind running statistics
// ---------------------------------------------------------

TEST(RunningElementCount, MustNotBeNegative) {
    const Handle handle;
    Call inference(handle, operation(JSNORM_FORWARD_INFERENCE));
    inference.args<jsnormForwardInferenceArgs_t>().running_element_count = -3;
    expect_rejected(handle, inference, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                    {"args.running_element_count", "-3"});
    Call backward(handle, operation(JSNORM_BACKWARD_FIXED_STATISTICS));
    backward.args<jsnormBackwardFixedStatisticsArgs_t>().running_element_count = -3;
    expect_rejected(handle, backward, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                    {"args.running_element_count", "-3"});
}

TEST(RunningElementCount, ZeroIsThatOfX) {
    const Handle handle;
    const auto run = [&](int64_t count) {
        const NormDesc ridge;
        require(jsnormSetNormEstimators(ridge, JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_RIDGE));
        require(jsnormSetNormLambda(ridge, 3.0));
        require(jsnormSetNormRunningStatistics(ridge, JSNORM_RUNNING_RAW,
                                               JSNORM_RUNNING_VARIANCE_BIASED));
        Call call(handle, operation(JSNORM_FORWARD_INFERENCE));
        call.set_pointer("mask", nullptr);  // there is no activation
        size_t bytes = 0;
        require(
            jsnormGetWorkspaceSize(handle, ridge, call.x_desc, JSNORM_FORWARD_INFERENCE, &bytes));
        Workspace workspace(bytes);
        call.set_workspace(workspace.data(), bytes);
        call.args<jsnormForwardInferenceArgs_t>().running_element_count = count;
        require(call.run(handle, ridge));
        return call.outputs();
    };
    EXPECT_TRUE(run(0) == run(12));
    EXPECT_FALSE(run(0) == run(11));
}

}  // namespace
}  // namespace jsnorm::test::api
