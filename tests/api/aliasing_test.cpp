// SPDX-License-Identifier: Apache-2.0
//
// Overlapping buffers: the few that are allowed give the same bits, all others are refused.
#include "tests/api/each_operation.hpp"

namespace jsnorm::test::api {
namespace {

// The output that may be the very same tensor as the input, wherever an operation has both.
struct Pair {
    const char *output;
    const char *input;
};
constexpr Pair kAllowed[] = {{"y", "x"},
                             {"y", "z"},
                             {"dx", "dy"},
                             {"dz", "dy"},
                             {"next_running_mean", "running_mean"},
                             {"next_running_variance", "running_variance"}};

bool is_allowed(const Field &output, const Field &other) {
    return std::any_of(std::begin(kAllowed), std::end(kAllowed), [&](const Pair &pair) {
        return output.name == pair.output && other.name == pair.input;
    });
}

std::vector<Pair> allowed_pairs(const Operation &op) {
    std::vector<Pair> pairs;
    for (const Pair &pair : kAllowed) {
        if (op.find(pair.output) && op.find(pair.input)) pairs.push_back(pair);
    }
    return pairs;
}

size_t round_up(size_t bytes, size_t alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
}

class Aliasing : public EachOperation {
  protected:
    static constexpr size_t kMiddle = Call::kSlotBytes / 2;

    // Moves a field to the middle of its slot, so that there is room on both sides.
    static std::byte *move_to_middle(Call &call, const Field &field) {
        std::byte *middle = call.slot(field) + kMiddle;
        std::memcpy(middle, call.slot(field), kMiddle / 2);
        call.set_pointer(field, middle);
        return middle;
    }

    void expect_aliasing(const Field &output, const Field &other, std::ptrdiff_t offset) {
        SCOPED_TRACE(output.name + " at " + other.name + " + " + std::to_string(offset) + " bytes");
        Call call(handle, operation());
        call.set_pointer(output, move_to_middle(call, other) + offset);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                        {"args." + output.name, "args." + other.name});
    }

    void expect_no_aliasing(const Field &output, const Field &other, std::ptrdiff_t offset) {
        SCOPED_TRACE(output.name + " at " + other.name + " + " + std::to_string(offset) + " bytes");
        Call apart(handle, operation()), close(handle, operation());
        close.set_pointer(output, move_to_middle(close, other) + offset);
        EXPECT_STATUS(apart.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(close.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_TRUE(apart.outputs() == close.outputs());
    }
};
INSTANTIATE_TEST_SUITE_P(Operations, Aliasing, testing::ValuesIn(all_operations()), operation_name);

TEST_P(Aliasing, EveryOverlapOfAnOutputIsRefusedToTheByte) {
    const Call sizes(handle, operation());
    for (const Field &output : operation().fields) {
        if (!output.is_output()) continue;
        for (const Field &other : operation().fields) {
            if (&other == &output) continue;
            const size_t alignment = sizes.alignment(output);
            // At the very same place; into its last element; up to its first.
            const auto last =
                static_cast<std::ptrdiff_t>((sizes.bytes_in(other) - 1) / alignment * alignment);
            const auto first =
                static_cast<std::ptrdiff_t>((sizes.bytes_in(output) - 1) / alignment * alignment);
            if (!is_allowed(output, other)) expect_aliasing(output, other, 0);
            if (last != 0) expect_aliasing(output, other, last);
            if (first != 0) expect_aliasing(output, other, -first);
        }
    }
}

TEST_P(Aliasing, NeighboursThatTouchAreFine) {
    const Call sizes(handle, operation());
    for (const Field &output : operation().fields) {
        if (!output.is_output()) continue;
        for (const Field &other : operation().fields) {
            if (&other == &output) continue;
            const size_t alignment = sizes.alignment(output);
            const size_t after = round_up(sizes.bytes_in(other), alignment);
            const size_t before = round_up(sizes.bytes_in(output), alignment);
            expect_no_aliasing(output, other, static_cast<std::ptrdiff_t>(after));
            expect_no_aliasing(output, other, -static_cast<std::ptrdiff_t>(before));
        }
    }
}

TEST_P(Aliasing, AllowedAliasesGiveTheSameBits) {
    const std::vector<std::vector<int64_t>> layouts = {{}, {20, 1, 10, 5}, {4, 12, 2, 1}};
    for (const Pair &pair : allowed_pairs(operation())) {
        for (const std::vector<int64_t> &strides : layouts) {
            SCOPED_TRACE(std::string(pair.output) + " is " + pair.input);
            Problem problem;
            problem.strides = strides;
            Call apart(handle, operation(), problem), same(handle, operation(), problem);
            same.set_pointer(pair.output, same.slot(pair.input));
            EXPECT_STATUS(apart.run(handle), JSNORM_STATUS_SUCCESS);
            EXPECT_STATUS(same.run(handle), JSNORM_STATUS_SUCCESS);
            EXPECT_TRUE(apart.outputs() == same.outputs());
        }
    }
}

// ---- Operations with a tensor as output --------------------------------------------------------

class TensorAliasing : public Aliasing {};
INSTANTIATE_TEST_SUITE_P(Operations, TensorAliasing,
                         testing::ValuesIn(operations_where([](const Operation &operation) {
                             return operation.find("y") || operation.find("dx");
                         })),
                         operation_name);

TEST_P(TensorAliasing, OneTensorInTwoLayoutsIsRefused) {
    const TensorDesc nhwc(JSNORM_FLOAT, {3, 5, 2, 2}, {20, 1, 10, 5});
    for (const Pair &pair : allowed_pairs(operation())) {
        const Field &output = operation().field(pair.output);
        if (output.role != Role::kTensor) continue;
        Call call(handle, operation());
        call.set_pointer(output, call.slot(pair.input));
        call.set_descriptor(output.descriptor.name, nhwc);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                        {"args." + output.name, std::string("args.") + pair.input});
    }
}

TEST_P(TensorAliasing, OneTensorInTwoSparseLayoutsIsRefused) {
    Problem problem;
    problem.strides = {40, 4, 2, 1};
    problem.activation = JSNORM_ACTIVATION_NONE;
    const TensorDesc sparser(JSNORM_FLOAT, problem.dims, {80, 8, 4, 2});
    for (const Pair &pair : allowed_pairs(operation())) {
        const Field &output = operation().field(pair.output);
        if (output.role != Role::kTensor) continue;
        Call call(handle, operation(), problem);
        if (operation().find("mask")) call.set_pointer("mask", nullptr);
        call.set_pointer(output, call.slot(pair.input));
        call.set_descriptor(output.descriptor.name, sparser);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                        {"args." + output.name, std::string("args.") + pair.input});
    }
}

TEST_P(TensorAliasing, StridesOfAxesOfSizeOneMayDiffer) {
    Problem problem;
    problem.dims = {3, 5, 4, 1};
    for (int64_t stride : {77, 0, -1}) {
        const TensorDesc equal(JSNORM_FLOAT, problem.dims, {20, 4, 1, stride});
        for (const Pair &pair : allowed_pairs(operation())) {
            const Field &output = operation().field(pair.output);
            if (output.role != Role::kTensor) continue;
            Call call(handle, operation(), problem);
            call.set_pointer(output, call.slot(pair.input));
            call.set_descriptor(output.descriptor.name, equal);
            EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        }
    }
}

TEST_P(TensorAliasing, AnOutputThatOverlapsItselfIsRefused) {
    const std::vector<int64_t> layouts[] = {{0, 4, 2, 1},    {20, 0, 2, 1}, {20, 4, 2, 0},
                                            {0, 0, 0, 0},    {4, 4, 2, 1},  {20, 3, 2, 1},
                                            {-20, 4, -1, 1}, {20, 2, 5, 1}};
    for (const Field &output : operation().fields) {
        if (output.role != Role::kTensor || !output.is_output()) continue;
        for (const std::vector<int64_t> &strides : layouts) {
            const TensorDesc overlapping(JSNORM_FLOAT, {3, 5, 2, 2}, strides);
            Call call(handle, operation());
            call.set_descriptor(output.descriptor.name, overlapping);
            expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                            {"args." + output.descriptor.name});
        }
    }
}

// Channels [0, 5) of a buffer of 10 channels are read, [5, 10) written: interleaved, not
// overlapping.
TEST_P(TensorAliasing, InterleavedSlicesOfOneBufferAreFine) {
    Problem problem;
    problem.strides = {40, 4, 2, 1};
    const bool forward = operation().find("y");
    const char *output = forward ? "y" : "dx", *input = forward ? "x" : "dy";
    Call apart(handle, operation(), problem), slices(handle, operation(), problem);
    for (Call *call : {&apart, &slices}) {
        for (const char *name : {"mask", "dz"}) {  // a mask needs a dense x, and dz the mask
            if (operation().find(name)) call->set_pointer(name, nullptr);
        }
    }
    slices.set_pointer(output, slices.slot(input) + 20 * sizeof(float));
    EXPECT_STATUS(apart.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(slices.run(handle), JSNORM_STATUS_SUCCESS);
    const auto *expected = static_cast<const std::byte *>(apart.pointer(output));
    const auto *got = static_cast<const std::byte *>(slices.pointer(output));
    for (size_t sample = 0; sample < 3; ++sample) {
        const size_t begin = sample * 40 * sizeof(float);
        EXPECT_EQ(std::memcmp(got + begin, expected + begin, 20 * sizeof(float)), 0);
    }
}

TEST(WorkspaceAliasing, TheWorkspaceMustNotOverlapAnything) {
    const Handle handle;
    size_t tried = 0;
    for (const Operation &op : operations()) {
        for (const Field &field : op.fields) {
            SCOPED_TRACE(op.function + " " + field.name);
            Call call(handle, op);
            if (call.workspace_bytes() == 0) continue;
            call.set_workspace(call.slot(field), call.workspace_bytes());
            expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                            {"args.workspace", "args." + field.name});
            ++tried;
        }
    }
    EXPECT_GT(tried, 0u);
}

TEST(ResidualGradient, DyCannotBecomeBothDxAndDz) {
    const Handle handle;
    for (jsnormOperation_t id : operations_with("dz")) {
        Call call(handle, operation(id));
        call.set_pointer("dx", call.slot("dy"));
        call.set_pointer("dz", call.slot("dy"));
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING, {"args.dx", "args.dz"});
    }
}

// What makes dx = dy right is that nobody reads dy afterwards; when x is dy too, somebody does.
TEST(ResidualGradient, AnAllowedAliasDoesNotExcuseAnotherOne) {
    const Handle handle;
    for (jsnormOperation_t id : operations_with("dz")) {
        for (const char *output : {"dx", "dz"}) {
            Call call(handle, operation(id));
            call.set_pointer("x", call.slot("dy"));
            call.set_pointer(output, call.slot("dy"));
            expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                            {std::string("args.") + output, "args.x"});
        }
    }
}

TEST(RunningAliasing, AnAllowedAliasDoesNotExcuseAnotherOne) {
    const Handle handle;
    for (jsnormOperation_t id : operations_with("next_running_mean")) {
        Call call(handle, operation(id));
        call.set_pointer("running_variance", call.slot("running_mean"));
        call.set_pointer("next_running_mean", call.slot("running_mean"));
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                        {"args.next_running_mean", "args.running_variance"});
    }
}

TEST(ResidualForward, TheOutputMayBeBothInputs) {
    const Handle handle;
    for (jsnormOperation_t id : operations_with("z")) {
        Call apart(handle, operation(id)), same(handle, operation(id));
        same.set_pointer("z", same.slot("x"));  // both hold the same pattern
        same.set_pointer("y", same.slot("x"));
        EXPECT_STATUS(apart.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(same.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_TRUE(apart.outputs() == same.outputs());
    }
}

TEST(ResidualForward, InputsMayBeTheSame) {
    const Handle handle;
    for (jsnormOperation_t id : operations_with("z")) {
        Call two(handle, operation(id)), one(handle, operation(id));
        one.set_pointer("z", one.slot("x"));  // both hold the same pattern
        EXPECT_STATUS(two.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(one.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_TRUE(two.outputs() == one.outputs());
    }
}

}  // namespace
}  // namespace jsnorm::test::api
