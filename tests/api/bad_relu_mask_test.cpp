// SPDX-License-Identifier: Apache-2.0
//
// The mask of ReLU: where it is allowed, where it is needed, what may stand in for it.
#include "tests/api/each_operation.hpp"

namespace jsnorm::test::api {
namespace {

class ReluMask : public EachOperation {};
INSTANTIATE_TEST_SUITE_P(Operations, ReluMask, testing::ValuesIn(operations_with("mask")),
                         operation_name);

Problem problem_with_strides(const std::vector<int64_t> &strides) {
    Problem problem;
    problem.strides = strides;
    return problem;
}

TEST_P(ReluMask, NeedsADenseX) {
    for (const auto &strides : {std::vector<int64_t>{40, 4, 2, 1}, {20, 4, 2, -1}, {0, 4, 2, 1}}) {
        SCOPED_TRACE(testing::PrintToString(strides));
        // Only x is unusual: a stride of 0 would be wrong for an output.
        Call call(handle, operation());
        const TensorDesc x_desc(JSNORM_FLOAT, {3, 5, 2, 2}, strides);
        call.set_descriptor("x_desc", x_desc);
        expect_rejected(handle, call, JSNORM_STATUS_NOT_SUPPORTED_LAYOUT, {"args.mask"});
    }
}

TEST_P(ReluMask, IsFineForEveryPermutationOfAPackedX) {
    for (const auto &strides :
         {std::vector<int64_t>{20, 1, 10, 5}, {4, 12, 2, 1}, {1, 3, 15, 30}}) {
        const Call call(handle, operation(), problem_with_strides(strides));
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS) << testing::PrintToString(strides);
    }
}

TEST_P(ReluMask, DoesNotCareForTheStridesOfTheOthers) {
    const TensorDesc sparse(JSNORM_FLOAT, {3, 5, 2, 2}, {120, 20, 8, 2});
    for (const Field &field : operation().fields) {
        if (field.role != Role::kTensor || field.name == "x") continue;
        Call call(handle, operation());
        call.set_descriptor(field.descriptor.name, sparse);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS) << field.name;
    }
}

TEST_P(ReluMask, WithoutActivationIsRefused) {
    Problem problem;
    problem.activation = JSNORM_ACTIVATION_NONE;
    Call call(handle, operation(), problem);
    expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM, {"args.mask"});
    call.set_pointer("mask", nullptr);
    EXPECT_STATUS(call.run(handle, ProblemNorm(problem)), JSNORM_STATUS_SUCCESS);
}

class ReluResidualGradient : public EachOperation {};
INSTANTIATE_TEST_SUITE_P(Operations, ReluResidualGradient, testing::ValuesIn(operations_with("dz")),
                         operation_name);

TEST_P(ReluResidualGradient, NeedsTheMask) {
    Call call(handle, operation());
    call.set_pointer("mask", nullptr);
    expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, {"args.mask", "dz"});
}

TEST_P(ReluResidualGradient, NeedsNoMaskWithoutActivation) {
    Problem problem;
    problem.activation = JSNORM_ACTIVATION_NONE;
    Call call(handle, operation(), problem);
    call.set_pointer("mask", nullptr);
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
}

TEST(ReluPhases, WithoutMaskNeedTheForwardCoefficients) {
    const Handle handle;
    Call reduce(handle, operation(JSNORM_BACKWARD_REDUCE));
    reduce.set_pointer("mask", nullptr);
    reduce.set_pointer("coefficients", nullptr);
    expect_rejected(handle, reduce, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, {"args.coefficients"});

    Call apply(handle, operation(JSNORM_BACKWARD_APPLY));
    apply.set_pointer("mask", nullptr);
    apply.set_pointer("dz", nullptr);
    apply.set_pointer("forward_coefficients", nullptr);
    expect_rejected(handle, apply, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                    {"args.forward_coefficients"});
}

TEST(ReluPhases, WithoutActivationNeedNeitherMaskNorForwardCoefficients) {
    const Handle handle;
    Problem problem;
    problem.activation = JSNORM_ACTIVATION_NONE;
    Call reduce(handle, operation(JSNORM_BACKWARD_REDUCE), problem);
    reduce.set_pointer("mask", nullptr);
    reduce.set_pointer("coefficients", nullptr);
    EXPECT_STATUS(reduce.run(handle), JSNORM_STATUS_SUCCESS);

    Call apply(handle, operation(JSNORM_BACKWARD_APPLY), problem);
    apply.set_pointer("mask", nullptr);
    apply.set_pointer("forward_coefficients", nullptr);
    EXPECT_STATUS(apply.run(handle), JSNORM_STATUS_SUCCESS);
}

}  // namespace
}  // namespace jsnorm::test::api
