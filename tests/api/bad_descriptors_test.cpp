// SPDX-License-Identifier: Apache-2.0
//
// Descriptors of operations: missing, never set, of other shapes, types and layouts.
#include "tests/api/each_operation.hpp"

namespace jsnorm::test::api {
namespace {

constexpr int64_t kOdd = 617;  // a number that appears nowhere else, to look for in messages

class DescriptorTest : public EachOperation {
  protected:
    // The descriptors of tensors besides x.
    std::vector<std::string> other_tensors() const {
        std::vector<std::string> names;
        for (const Member &descriptor : operation().descriptors) {
            if (is_tensor(descriptor) && descriptor.name != "x_desc")
                names.push_back(descriptor.name);
        }
        return names;
    }
    static bool is_tensor(const Member &descriptor) {
        return descriptor.name != "parameter_desc" && descriptor.name != "running_desc";
    }
    void expect_rejected_with(const std::string &name, const TensorDesc &desc,
                              jsnormStatus_t status, const std::string &mentions) {
        SCOPED_TRACE(name);
        Call call(handle, operation());
        call.set_descriptor(name, desc);
        expect_rejected(handle, call, status, {"args." + name, mentions});
    }
    void expect_accepted_with(const std::string &name, const TensorDesc &desc) {
        SCOPED_TRACE(name);
        Call call(handle, operation());
        call.set_descriptor(name, desc);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
    // NULL must mean what `problem` says in full.
    void expect_null_means_the_same(const std::string &name, const Problem &problem) {
        Call described(handle, operation(), problem), implied(handle, operation(), problem);
        implied.set_descriptor(name, nullptr);
        EXPECT_STATUS(described.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(implied.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_TRUE(described.outputs() == implied.outputs()) << name;
    }
    void expect_null_is_float_or_double_like_x(const std::string &name) {
        expect_null_means_the_same(name, {});
        Problem problem;
        problem.type = problem.parameter_type = problem.running_type = JSNORM_DOUBLE;
        expect_null_means_the_same(name, problem);
        problem.type = JSNORM_HALF;
        problem.parameter_type = problem.running_type = JSNORM_FLOAT;
        expect_null_means_the_same(name, problem);
    }
    void expect_must_be_packed(const std::string &name) {
        for (int64_t stride : {2, 0, -1}) {
            expect_rejected_with(name, TensorDesc(JSNORM_FLOAT, {5}, {stride}),
                                 JSNORM_STATUS_NOT_SUPPORTED_LAYOUT, "");
        }
        // Strides of axes of size 1 say nothing.
        expect_accepted_with(name, TensorDesc(JSNORM_FLOAT, {1, 5, 1}, {77, 1, -9}));
    }
};

constexpr jsnormStatus_t kShape = JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH;
constexpr jsnormStatus_t kType = JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH;
constexpr jsnormDataType_t kTypes[] = {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16};

// ---- All descriptors ---------------------------------------------------------------------------

class BadDescriptor : public DescriptorTest {};
INSTANTIATE_TEST_SUITE_P(Operations, BadDescriptor, testing::ValuesIn(all_operations()),
                         operation_name);

TEST_P(BadDescriptor, DescriptorOfATensorMustNotBeNull) {
    for (const Member &descriptor : operation().descriptors) {
        if (!is_tensor(descriptor)) continue;
        SCOPED_TRACE(descriptor.name);
        Call call(handle, operation());
        call.set_descriptor(descriptor.name, nullptr);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                        {"args." + descriptor.name, "NULL"});
    }
}

TEST_P(BadDescriptor, ADescriptorThatWasNeverSetIsRefused) {
    const TensorDesc unset;
    for (const Member &descriptor : operation().descriptors) {
        expect_rejected_with(descriptor.name, unset, JSNORM_STATUS_BAD_PARAM, "never set");
    }
}

TEST_P(BadDescriptor, WhatIsNoDescriptorIsNotInitialized) {
    for (const Member &descriptor : operation().descriptors) {
        SCOPED_TRACE(descriptor.name);
        Call call(handle, operation());
        call.set_descriptor(descriptor.name, not_an_object<jsnormTensorDescriptor_t>());
        expect_rejected(handle, call, JSNORM_STATUS_NOT_INITIALIZED, {"args." + descriptor.name});
    }
}

TEST_P(BadDescriptor, TensorsOfRankOneAreRefused) {
    const TensorDesc flat(JSNORM_FLOAT, {60});
    Call call(handle, operation());
    for (const Member &descriptor : operation().descriptors) {
        if (is_tensor(descriptor)) call.set_descriptor(descriptor.name, flat);
    }
    expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, {"args.x_desc", "rank"});
}

// ---- Tensors beside x --------------------------------------------------------------------------

class BadTensorDescriptor : public DescriptorTest {};
INSTANTIATE_TEST_SUITE_P(Operations, BadTensorDescriptor,
                         testing::ValuesIn(operations_where([](const Operation &operation) {
                             return operation.find("y") || operation.find("dy");
                         })),
                         operation_name);

TEST_P(BadTensorDescriptor, SizeThatDiffersFromThatOfXIsNamed) {
    const TensorDesc batch(JSNORM_FLOAT, {kOdd, 5, 2, 2}), channels(JSNORM_FLOAT, {3, kOdd, 2, 2}),
        width(JSNORM_FLOAT, {3, 5, 2, kOdd});
    for (const std::string &name : other_tensors()) {
        expect_rejected_with(name, batch, kShape, "dims[0] = 617");
        expect_rejected_with(name, channels, kShape, "dims[1] = 617");
        expect_rejected_with(name, width, kShape, "dims[3] = 617");
    }
}

TEST_P(BadTensorDescriptor, RankThatDiffersFromThatOfXIsRefusedEvenForAsManyElements) {
    const TensorDesc merged(JSNORM_FLOAT, {3, 5, 4}), padded(JSNORM_FLOAT, {3, 5, 2, 2, 1});
    for (const std::string &name : other_tensors()) {
        expect_rejected_with(name, merged, kShape, "rank");
        expect_rejected_with(name, padded, kShape, "rank");
    }
}

TEST_P(BadTensorDescriptor, TypeThatDiffersFromThatOfXIsRefused) {
    for (jsnormDataType_t type : {JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16}) {
        const TensorDesc other(type, {3, 5, 2, 2});
        for (const std::string &name : other_tensors()) {
            expect_rejected_with(name, other, kType, name_of(type));
        }
    }
}

TEST_P(BadTensorDescriptor, OtherStridesThanThoseOfXAreFine) {
    const TensorDesc nhwc(JSNORM_FLOAT, {3, 5, 2, 2}, {20, 1, 10, 5}),
        sparse(JSNORM_FLOAT, {3, 5, 2, 2}, {120, 20, 8, 2});
    for (const std::string &name : other_tensors()) {
        expect_accepted_with(name, nhwc);
        expect_accepted_with(name, sparse);
    }
}

// ---- Parameters --------------------------------------------------------------------------------

class BadParameterDescriptor : public DescriptorTest {};
INSTANTIATE_TEST_SUITE_P(Operations, BadParameterDescriptor,
                         testing::ValuesIn(operations_with("gamma")), operation_name);

TEST_P(BadParameterDescriptor, NullMeansFloatOrDoubleLikeX) {
    expect_null_is_float_or_double_like_x("parameter_desc");
}

TEST_P(BadParameterDescriptor, MustHoldPEntriesInAnyShape) {
    const std::string name = "parameter_desc";
    expect_rejected_with(name, TensorDesc(JSNORM_FLOAT, {kOdd}), kShape, "617");
    expect_rejected_with(name, TensorDesc(JSNORM_FLOAT, {4}), kShape, "4");
    expect_rejected_with(name, TensorDesc(JSNORM_FLOAT, {1, 5, 2, 1}), kShape, "10");
    expect_rejected_with(name, TensorDesc(JSNORM_FLOAT, {0}), kShape, "0");
    expect_accepted_with(name, TensorDesc(JSNORM_FLOAT, {1, 5, 1, 1}));
    expect_accepted_with(name, TensorDesc(JSNORM_FLOAT, {5, 1}));
}

TEST_P(BadParameterDescriptor, MustBePacked) {
    expect_must_be_packed("parameter_desc");
}

TEST_P(BadParameterDescriptor, MustBeFloatOrOfTheTypeOfX) {
    for (jsnormDataType_t x_type : kTypes) {
        for (jsnormDataType_t type : kTypes) {
            SCOPED_TRACE(std::string(name_of(x_type)) + " with gamma in " + name_of(type));
            Problem problem;
            problem.type = x_type;
            problem.parameter_type = type;
            Call call(handle, operation(), problem);
            if (type == JSNORM_FLOAT || type == x_type) {
                EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
            } else {
                expect_rejected(handle, call, kType, {"args.parameter_desc", name_of(type)});
            }
        }
    }
}

// ---- Running statistics ------------------------------------------------------------------------

class BadRunningDescriptor : public DescriptorTest {};
INSTANTIATE_TEST_SUITE_P(Operations, BadRunningDescriptor,
                         testing::ValuesIn(operations_with("running_mean")), operation_name);

TEST_P(BadRunningDescriptor, NullMeansFloatOrDoubleLikeX) {
    expect_null_is_float_or_double_like_x("running_desc");
}

TEST_P(BadRunningDescriptor, MustHoldKEntriesInAnyShape) {
    const std::string name = "running_desc";
    expect_rejected_with(name, TensorDesc(JSNORM_FLOAT, {kOdd}), kShape, "617");
    expect_rejected_with(name, TensorDesc(JSNORM_FLOAT, {6}), kShape, "6");
    expect_accepted_with(name, TensorDesc(JSNORM_FLOAT, {1, 5, 1, 1}));
}

TEST_P(BadRunningDescriptor, MustBePacked) {
    expect_must_be_packed("running_desc");
}

TEST_P(BadRunningDescriptor, MayBeOfAnyType) {
    for (jsnormDataType_t x_type : kTypes) {
        for (jsnormDataType_t type : kTypes) {
            SCOPED_TRACE(std::string(name_of(x_type)) + ", running in " + name_of(type));
            Problem problem;
            problem.type = x_type;
            problem.running_type = type;
            Call call(handle, operation(), problem);
            EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        }
    }
}

}  // namespace
}  // namespace jsnorm::test::api
