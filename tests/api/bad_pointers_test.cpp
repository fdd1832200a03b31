// SPDX-License-Identifier: Apache-2.0
//
// Pointers of operations: required ones, optional ones, and alignment. One sweep over the table.
#include "tests/api/each_operation.hpp"

#include <set>

namespace jsnorm::test::api {
namespace {

// Every 8 bytes of a struct are either a member that the table knows or one of the few below.
TEST(OperationTable, CoversEveryArgument) {
    for (const Operation &op : operations()) {
        std::set<size_t> words = {0, op.workspace_offset / 8, op.workspace_bytes_offset / 8};
        for (const Field &field : op.fields) words.insert(field.offset / 8);
        for (const Member &descriptor : op.descriptors) words.insert(descriptor.offset / 8);
        for (size_t scalar : op.scalars) words.insert(scalar / 8);
        EXPECT_EQ(words.size() * 8, op.args_bytes) << op.function;
    }
}

class BadPointer : public EachOperation {};
INSTANTIATE_TEST_SUITE_P(Operations, BadPointer, testing::ValuesIn(all_operations()),
                         operation_name);

TEST_P(BadPointer, TheValidCallIsAccepted) {
    Call call(handle, operation());
    const std::vector<std::byte> before = call.outputs();
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_FALSE(call.outputs() == before) << "no output was written";
}

TEST_P(BadPointer, NullHandleNormAndArgsAreRefused) {
    const jsnormStatus_t null = JSNORM_STATUS_BAD_PARAM_NULL_POINTER;
    Call call(handle, operation());
    expect_rejected(handle, call, nullptr, null, {"norm"});
    EXPECT_FAILURE(call.run(nullptr), null, operation().function, "handle");
    EXPECT_FAILURE(operation().run(handle, call.norm, nullptr), null, operation().function, "args");
}

TEST_P(BadPointer, WrongObjectsAreNotInitialized) {
    const jsnormStatus_t wrong = JSNORM_STATUS_NOT_INITIALIZED;
    Call call(handle, operation());
    expect_rejected(handle, call, not_an_object<jsnormNormDescriptor_t>(), wrong, {"norm"});
    EXPECT_FAILURE(call.run(not_an_object<jsnormHandle_t>()), wrong, operation().function,
                   "handle");
}

TEST_P(BadPointer, RequiredPointerThatIsNullIsRefused) {
    for (const Field &field : operation().fields) {
        if (!field.is_required()) continue;
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        call.set_pointer(field, nullptr);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                        {"args." + field.name, "NULL"});
    }
}

// Pointers that the header only lets go together.
std::vector<std::string> together_with(const Operation &op, const std::string &name) {
    if (name.rfind("next_", 0) == 0) return {name.substr(5)};
    if (name.rfind("running_", 0) == 0 && op.find("next_" + name)) return {"next_" + name};
    if (name == "mask" && op.find("dz")) return {"dz"};
    return {};
}

TEST_P(BadPointer, EachOptionalPointerMayBeNull) {
    for (const Field &field : operation().fields) {
        if (field.is_required()) continue;
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        call.set_pointer(field, nullptr);
        for (const std::string &other : together_with(operation(), field.name)) {
            call.set_pointer(other, nullptr);
        }
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
}

TEST_P(BadPointer, DescriptorsMayBeNullWhereTheirPointersAre) {
    Call call(handle, operation());
    for (const Field &field : operation().fields) {
        if (!field.is_required()) call.set_pointer(field, nullptr);
    }
    for (const Member &descriptor : operation().descriptors) {
        const auto is_its = [&](const Field &field) {
            return field.is_required() && field.descriptor.name == descriptor.name;
        };
        const auto &fields = operation().fields;
        const bool needed =
            descriptor.name == "x_desc" || std::any_of(fields.begin(), fields.end(), is_its);
        if (!needed) call.set_descriptor(descriptor.name, nullptr);
    }
    // With ReLU and no mask the phases recompute the activation by these.
    for (const char *name : {"coefficients", "forward_coefficients"}) {
        if (const Field *field = operation().find(name))
            call.set_pointer(*field, call.slot(*field));
    }
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
}

TEST_P(BadPointer, PointerBelowTheAlignmentOfItsElementIsRefused) {
    for (const Field &field : operation().fields) {
        SCOPED_TRACE(field.name);
        const Call valid(handle, operation());
        for (size_t offset = 1; offset < valid.alignment(field); offset *= 2) {
            Call call(handle, operation());
            call.set_pointer(field, call.slot(field) + offset);
            expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER,
                            {"args." + field.name});
        }
    }
}

TEST_P(BadPointer, PointerAlignedToItsElementAloneIsAccepted) {
    for (const Field &field : operation().fields) {
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        call.set_pointer(field, call.slot(field) + call.alignment(field));
        if (!field.is_output()) {
            std::memmove(call.slot(field) + call.alignment(field), call.slot(field), 2048);
        }
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
}

TEST_P(BadPointer, AlignmentIsThatOfTheTypeOfTheTensor) {
    for (jsnormDataType_t type : {JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16}) {
        Problem problem;
        problem.type = type;
        for (const Field &field : operation().fields) {
            if (field.role != Role::kTensor) continue;
            SCOPED_TRACE(std::string(name_of(type)) + " " + field.name);
            Call call(handle, operation(), problem);
            call.set_pointer(field, call.slot(field) + bytes_of(type) / 2);
            expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER,
                            {"args." + field.name});
            call.set_pointer(field, call.slot(field) + bytes_of(type));
            EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        }
    }
}

}  // namespace
}  // namespace jsnorm::test::api
