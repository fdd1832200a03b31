// SPDX-License-Identifier: Apache-2.0
//
// jsnormGetPlanDescription: the text of every operation, its length and truncation, and everything
// that it refuses.

#include "tests/api/api_fixture.hpp"
#include "tests/api/call.hpp"

namespace jsnorm::test::api {
namespace {

constexpr size_t kUnwritten = 12345;

std::string described(jsnormHandle_t handle, Call &call) {
    size_t length = kUnwritten;
    require(jsnormGetPlanDescription(handle, call.norm, call.operation().id, call.raw_args(),
                                     nullptr, 0, &length));
    std::vector<char> text(length + 1, '#');
    size_t again = kUnwritten;
    require(jsnormGetPlanDescription(handle, call.norm, call.operation().id, call.raw_args(),
                                     text.data(), text.size(), &again));
    EXPECT_EQ(again, length);
    EXPECT_EQ(std::strlen(text.data()), length);
    return text.data();
}

bool mentions(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

TEST(PlanDescription, OfEveryOperationNamesNormShapeAndWorkspace) {
    const Handle handle;
    for (const Operation &operation : operations()) {
        Call call(handle, operation);
        const std::string text = described(handle, call);
        EXPECT_TRUE(mentions(text, "batch norm")) << operation.function << "\n" << text;
        EXPECT_TRUE(mentions(text, "JAMES_STEIN")) << operation.function << "\n" << text;
        EXPECT_TRUE(mentions(text, "K " + std::to_string(call.statistics))) << text;
        EXPECT_TRUE(mentions(text, "workspace: ")) << operation.function << "\n" << text;
        if (operation.find("x") != nullptr) {
            EXPECT_TRUE(mentions(text, "tensors: x packed")) << operation.function << "\n" << text;
        }
        EXPECT_EQ(text.back(), '\n');
    }
}

// Strides may span more than the address space; a range that wraps around once met nothing.
TEST(PlanDescription, SeesAnOverlapWithWhatReachesBelowEveryAddress) {
    const Handle handle;
    const NormDesc norm;
    const TensorDesc x_desc(JSNORM_FLOAT, {2, 3}, {-(int64_t{1} << 59), 1});
    const TensorDesc y_desc(JSNORM_FLOAT, {2, 3});
    float y[6] = {};
    jsnormForwardTrainingArgs_t args;
    require(jsnormForwardTrainingArgsInit(&args, sizeof args));
    args.x_desc = x_desc;
    args.y_desc = y_desc;
    args.x = args.y = y;
    size_t length = kUnwritten;
    EXPECT_STATUS(
        jsnormGetPlanDescription(handle, norm, JSNORM_FORWARD_TRAINING, &args, nullptr, 0, &length),
        JSNORM_STATUS_BAD_PARAM_ALIASING);
    EXPECT_EQ(length, kUnwritten);
}

// Records lie in the memory of the device, and may be too many to be there.
TEST(PlanDescription, DoesNotReadRecords) {
    const Handle handle;
    Call call(handle, operation(JSNORM_FORWARD_FINALIZE));
    std::memset(call.slot("records"), 0xFF, sizeof(jsnormRecordHeader_t));
    EXPECT_NE(described(handle, call), "");
}

TEST(PlanDescription, NamesSamplingAndItsFraction) {
    const Handle handle;
    const NormDesc norm;
    require(jsnormSetNormEstimators(norm, JSNORM_ESTIMATOR_SAMPLING, JSNORM_ESTIMATOR_NONE));
    require(jsnormSetNormEffectiveFraction(norm, 0.25));
    const TensorDesc x_desc(JSNORM_FLOAT, {2, 16, 4, 4});
    alignas(16) static float x[512], y[512];
    jsnormForwardTrainingArgs_t args;
    require(jsnormForwardTrainingArgsInit(&args, sizeof args));
    args.x_desc = args.y_desc = x_desc;
    args.x = x;
    args.y = y;
    char text[2048];
    require(jsnormGetPlanDescription(handle, norm, JSNORM_FORWARD_TRAINING, &args, text,
                                     sizeof text, nullptr));
    EXPECT_TRUE(mentions(text, "means SAMPLING, variances NONE")) << text;
    EXPECT_TRUE(mentions(text, "effective fraction of R: 0.25")) << text;
}

TEST(PlanDescription, WritesNothingButTheText) {
    const Handle handle;
    for (const Operation &operation : operations()) {
        Call call(handle, operation);
        const auto before = call.arena();
        described(handle, call);
        EXPECT_EQ(call.arena(), before) << operation.function;
    }
}

TEST(PlanDescription, TellsHowTensorsLie) {
    const Handle handle;
    const NormDesc norm;
    const TensorDesc packed(JSNORM_FLOAT, {2, 16, 4, 4});
    const TensorDesc last(JSNORM_FLOAT, {2, 16, 4, 4}, {256, 1, 64, 16});
    const TensorDesc gaps(JSNORM_FLOAT, {2, 16, 4, 4}, {1024, 64, 16, 4});
    alignas(16) static float x[2048], y[2048];
    const struct {
        const TensorDesc &x, &y;
        const char *expected;
    } cases[] = {{packed, packed, "x packed, y packed"},
                 {last, last, "x channels last, y channels last"},
                 {packed, last, "x packed, y channels last"},
                 {gaps, packed, "x strided, y packed"}};
    for (const auto &[x_desc, y_desc, expected] : cases) {
        jsnormForwardTrainingArgs_t args;
        require(jsnormForwardTrainingArgsInit(&args, sizeof args));
        args.x_desc = x_desc;
        args.x = x;
        args.y_desc = y_desc;
        args.y = y;
        char text[2048];
        EXPECT_STATUS(jsnormGetPlanDescription(handle, norm, JSNORM_FORWARD_TRAINING, &args, text,
                                               sizeof text, nullptr),
                      JSNORM_STATUS_SUCCESS);  // without a workspace
        EXPECT_TRUE(mentions(text, expected)) << text;
    }
}

TEST(PlanDescription, IsCutOffAsSnprintfDoes) {
    const Handle handle;
    Call call(handle, operations().front());
    const std::string whole = described(handle, call);
    for (const size_t bytes : {size_t{1}, size_t{2}, size_t{17}, whole.size(), whole.size() + 1}) {
        std::vector<char> text(bytes + 1, '#');
        size_t length = kUnwritten;
        EXPECT_STATUS(jsnormGetPlanDescription(handle, call.norm, call.operation().id,
                                               call.raw_args(), text.data(), bytes, &length),
                      JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(length, whole.size());
        EXPECT_EQ(std::string(text.data()), whole.substr(0, bytes - 1));
        EXPECT_EQ(text[bytes], '#') << "written behind the buffer of " << bytes;
    }
}

TEST(PlanDescription, RefusesWhatTheOperationRefuses) {
    const Handle handle;
    for (const Operation &operation : operations()) {
        for (const Field &field : operation.fields) {
            if (!field.is_required()) continue;
            Call call(handle, operation);
            call.set_pointer(field, nullptr);
            char text[64] = "as it was";
            size_t length = kUnwritten;
            EXPECT_STATUS(jsnormGetPlanDescription(handle, call.norm, operation.id, call.raw_args(),
                                                   text, sizeof text, &length),
                          JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
            expect_error_mentions("jsnormGetPlanDescription", {"args." + field.name});
            EXPECT_STREQ(text, "as it was");
            EXPECT_EQ(length, kUnwritten);
        }
    }
}

TEST(PlanDescription, RefusesWrongArguments) {
    const Handle handle;
    Call call(handle, operations().front());
    const jsnormOperation_t operation = call.operation().id;
    char text[64] = "as it was";
    size_t length = kUnwritten;
    const auto describe = [&](jsnormHandle_t with, jsnormNormDescriptor_t norm,
                              jsnormOperation_t which, const void *args, char *buffer, size_t bytes,
                              size_t *result) {
        return jsnormGetPlanDescription(with, norm, which, args, buffer, bytes, result);
    };
    EXPECT_STATUS(
        describe(nullptr, call.norm, operation, call.raw_args(), text, sizeof text, &length),
        JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
    EXPECT_STATUS(describe(handle, nullptr, operation, call.raw_args(), text, sizeof text, &length),
                  JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
    EXPECT_STATUS(describe(handle, call.norm, operation, nullptr, text, sizeof text, &length),
                  JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
    EXPECT_STATUS(describe(handle, call.norm, static_cast<jsnormOperation_t>(99), call.raw_args(),
                           text, sizeof text, &length),
                  JSNORM_STATUS_BAD_PARAM);
    expect_error_mentions("jsnormGetPlanDescription", {"operation", "99"});
    EXPECT_STATUS(describe(handle, call.norm, operation, call.raw_args(), nullptr, 64, &length),
                  JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
    expect_error_mentions("jsnormGetPlanDescription", {"buffer", "64"});
    EXPECT_STATUS(describe(handle, call.norm, operation, call.raw_args(), nullptr, 0, nullptr),
                  JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
    expect_error_mentions("jsnormGetPlanDescription", {"length"});
    EXPECT_STREQ(text, "as it was");
    EXPECT_EQ(length, kUnwritten);
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);  // the handle still works
}

}  // namespace
}  // namespace jsnorm::test::api
