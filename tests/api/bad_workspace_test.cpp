// SPDX-License-Identifier: Apache-2.0
//
// The workspace: missing, too small; and that more, another address or other contents change
// nothing.
#include "tests/api/each_operation.hpp"

namespace jsnorm::test::api {
namespace {

// The statistics or gradient sums of these have no other place to live, so the rejections below are
// really exercised.
TEST(BadWorkspace, ThereIsOneToGetWrong) {
    const Handle handle;
    for (jsnormOperation_t id : {JSNORM_FORWARD_TRAINING, JSNORM_BACKWARD}) {
        EXPECT_GT(Call(handle, operation(id)).workspace_bytes(), 0u) << operation(id).function;
    }
}

class BadWorkspace : public EachOperation {
  protected:
    // The valid call where it needs a workspace; null where it needs none.
    std::unique_ptr<Call> call_in_need() {
        auto call = std::make_unique<Call>(handle, operation());
        return call->workspace_bytes() == 0 ? nullptr : std::move(call);
    }
};
INSTANTIATE_TEST_SUITE_P(Operations, BadWorkspace, testing::ValuesIn(all_operations()),
                         operation_name);

TEST_P(BadWorkspace, NullIsAcceptedExactlyWhereNothingIsNeeded) {
    Call call(handle, operation());
    for (size_t bytes : {size_t{0}, call.workspace_bytes()}) {
        call.set_workspace(nullptr, bytes);
        if (call.workspace_bytes() == 0) {
            EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        } else {
            expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, {"args.workspace"});
        }
    }
}

TEST_P(BadWorkspace, TooFewBytesAreNamedWithThoseNeeded) {
    if (const auto call = call_in_need()) {
        const size_t needed = call->workspace_bytes();
        for (size_t bytes : {needed - 1, needed / 2, size_t{0}}) {
            call->set_workspace(call->workspace(), bytes);
            expect_rejected(
                handle, *call, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
                {"args.workspace_bytes", std::to_string(bytes), std::to_string(needed)});
        }
    }
}

// In an allocation of exactly the size that was asked for, so that a byte before or behind it would
// be noticed.
TEST_P(BadWorkspace, AnyAddressWillDo) {
    Call aligned(handle, operation());
    EXPECT_STATUS(aligned.run(handle), JSNORM_STATUS_SUCCESS);
    for (size_t offset : {1, 2, 4, 8, 16, 32, 48, 64, 128, 255}) {
        Call shifted(handle, operation());
        const size_t bytes = shifted.workspace_bytes();
        if (bytes == 0) return;
        std::byte *begin = shifted.workspace() + offset;
        shifted.set_workspace(begin, bytes);
        EXPECT_STATUS(shifted.run(handle), JSNORM_STATUS_SUCCESS) << offset;
        EXPECT_TRUE(shifted.outputs() == aligned.outputs()) << offset;
        for (size_t i = 1; i <= offset; ++i) EXPECT_EQ(*(begin - i), Call::kUntouched) << offset;
        for (size_t i = 0; i < 512; ++i) EXPECT_EQ(begin[bytes + i], Call::kUntouched) << offset;
    }
}

TEST_P(BadWorkspace, MoreThanNeededIsFine) {
    Call exact(handle, operation()), more(handle, operation());
    more.set_workspace(more.workspace(), more.workspace_bytes() + 1001);
    EXPECT_STATUS(exact.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(more.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_TRUE(exact.outputs() == more.outputs());
}

TEST_P(BadWorkspace, ContentsNeedNoInitialisation) {
    Call zeros(handle, operation()), ones(handle, operation());
    std::memset(zeros.workspace(), 0, zeros.workspace_bytes());
    std::memset(ones.workspace(), 0xFF, ones.workspace_bytes());  // NaN in every type
    EXPECT_STATUS(zeros.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(ones.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_TRUE(zeros.outputs() == ones.outputs());
}

TEST_P(BadWorkspace, NoByteBeyondTheNeededOnesIsTouched) {
    Call call(handle, operation());
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    const std::byte *end = call.workspace() + call.workspace_bytes();
    EXPECT_TRUE(std::all_of(end, end + 1024, [](std::byte b) { return b == Call::kUntouched; }));
}

}  // namespace
}  // namespace jsnorm::test::api
