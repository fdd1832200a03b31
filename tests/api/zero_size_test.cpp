// SPDX-License-Identifier: Apache-2.0
//
// Tensors without elements: every call succeeds, and what does not depend on elements is defined.
#include "tests/api/call.hpp"

namespace jsnorm::test::api {
namespace {

struct EmptyCase {
    jsnormNormKind_t kind;
    std::vector<int64_t> dims;
};

// Each axis 0 in turn, and all together, for every kind.
std::vector<EmptyCase> empty_cases() {
    std::vector<EmptyCase> cases;
    for (jsnormNormKind_t kind : all_kinds()) {
        const std::vector<std::vector<int64_t>> shapes = {
            {0, 5, 2, 2}, {3, 0, 2, 2}, {3, 5, 0, 2}, {3, 5, 2, 0}, {0, 5},
            {3, 0},       {0, 5, 7},    {3, 0, 7},    {3, 5, 0},    {0, 0, 0, 0}};
        for (const auto &dims : shapes) cases.push_back({kind, dims});
    }
    return cases;
}

std::string text_of(const Operation &op, const EmptyCase &c) {
    return op.function + ", kind " + std::to_string(c.kind) + ", x " +
           testing::PrintToString(c.dims);
}

Problem problem_of(const EmptyCase &c) {
    Problem problem;
    problem.kind = c.kind;
    problem.dims = c.dims;
    return problem;
}

// Calls `check` with a call of every operation that the kind has.
template <class Check>
void for_each_empty_call(jsnormHandle_t handle, Check check) {
    for (const EmptyCase &c : empty_cases()) {
        for (const Operation &op : operations()) {
            if (op.batch_kinds_only && !is_batch_kind(c.kind)) continue;
            SCOPED_TRACE(text_of(op, c));
            Call call(handle, op, problem_of(c));
            check(call);
        }
    }
}

template <class T>
void expect_all(const Call &call, const std::string &name, T expected) {
    for (T value : call.values<T>(name)) EXPECT_EQ(value, expected) << name;
}

// No pattern byte of an output without elements may change: there is none that belongs to it.
void expect_untouched(Call &call, const Field &field) {
    const std::byte *slot = call.slot(field);
    EXPECT_TRUE(std::all_of(slot, slot + Call::kSlotBytes / 2, [](std::byte b) {
        return b == Call::kUntouched;
    })) << field.name;
}

TEST(ZeroSize, EveryOperationSucceedsAndTouchesNoTensor) {
    const Handle handle;
    for_each_empty_call(handle, [&](Call &call) {
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        for (const Field &field : call.operation().fields) {
            if (field.is_output() && call.bytes_in(field) == 0) expect_untouched(call, field);
        }
    });
}

TEST(ZeroSize, PointersToNothingMayBeNull) {
    const Handle handle;
    for_each_empty_call(handle, [&](Call &call) {
        for (const Field &field : call.operation().fields) {
            if (call.bytes_in(field) == 0) call.set_pointer(field, nullptr);
        }
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    });
}

TEST(ZeroSize, PointersToNothingMayAllBeTheSame) {
    const Handle handle;
    for_each_empty_call(handle, [&](Call &call) {
        for (const Field &field : call.operation().fields) {
            const bool given = call.pointer(field.name) != nullptr;
            if (given && call.bytes_in(field) == 0) call.set_pointer(field, call.workspace());
        }
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    });
}

// The finalizing operations take their counts from records and sums; their x_desc may be of any
// batch.
bool sees_elements(const Operation &op) {
    return op.id != JSNORM_FORWARD_FINALIZE && op.id != JSNORM_BACKWARD_FINALIZE;
}

TEST(ZeroSize, ParameterGradientsAreZero) {
    const Handle handle;
    size_t checked = 0;
    for_each_empty_call(handle, [&](Call &call) {
        if (!sees_elements(call.operation()) || !call.operation().find("dgamma")) return;
        require(call.run(handle));
        expect_all<float>(call, "dgamma", 0.0f);
        expect_all<float>(call, "dbeta", 0.0f);
        checked += static_cast<size_t>(call.parameters);
    });
    EXPECT_GT(checked, 0u);
}

TEST(ZeroSize, StatisticsOfNoElementsAreZero) {
    const Handle handle;
    size_t checked = 0;
    for_each_empty_call(handle, [&](Call &call) {
        if (call.elements != 0 || !call.operation().find("shrunk_mean")) return;
        require(call.run(handle));
        for (const char *name :
             {"saved_mean", "saved_variance", "shrunk_mean", "shrunk_variance"}) {
            expect_all<double>(call, name, 0.0);
            checked += call.count(call.field(name));
        }
    });
    EXPECT_GT(checked, 0u);
}

TEST(ZeroSize, RunningStatisticsAreCarriedOverUnchanged) {
    const Handle handle;
    size_t checked = 0;
    for_each_empty_call(handle, [&](Call &call) {
        const bool updates = call.operation().find("next_running_mean") != nullptr;
        if (!updates || call.elements != 0 || !is_batch_kind(call.problem().kind)) return;
        require(call.run(handle));
        EXPECT_EQ(call.bytes("next_running_mean"), call.bytes("running_mean"));
        EXPECT_EQ(call.bytes("next_running_variance"), call.bytes("running_variance"));
        checked += static_cast<size_t>(call.statistics);
    });
    EXPECT_GT(checked, 0u);
}

TEST(ZeroSize, RunningStatisticsInPlaceKeepTheirBits) {
    const Handle handle;
    Problem problem;
    problem.dims = {0, 5, 2, 2};
    for (jsnormOperation_t id : {JSNORM_FORWARD_TRAINING, JSNORM_FORWARD_FINALIZE}) {
        Call call(handle, operation(id), problem);
        const std::vector<std::byte> mean = call.bytes("running_mean");
        const std::vector<std::byte> variance = call.bytes("running_variance");
        call.set_pointer("next_running_mean", call.slot("running_mean"));
        call.set_pointer("next_running_variance", call.slot("running_variance"));
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(call.bytes("running_mean"), mean);
        EXPECT_EQ(call.bytes("running_variance"), variance);
    }
}

// Even a factor of 1 keeps them: nothing was measured that could replace them.
TEST(ZeroSize, RunningStatisticsSurviveAFactorOfOne) {
    const Handle handle;
    Problem problem;
    problem.dims = {0, 5, 2, 2};
    Call call(handle, operation(JSNORM_FORWARD_TRAINING), problem);
    call.args<jsnormForwardTrainingArgs_t>().factor = 1.0;
    call.args<jsnormForwardTrainingArgs_t>().step = nullptr;
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(call.bytes("next_running_mean"), call.bytes("running_mean"));
    EXPECT_EQ(call.bytes("next_running_variance"), call.bytes("running_variance"));
}

TEST(ZeroSize, AnEmptyPartHasAnEmptyRecordAndZeroSums) {
    const Handle handle;
    Problem problem;
    problem.dims = {0, 5, 2, 2};
    for (jsnormRecordFormat_t format : {JSNORM_RECORD_MOMENTS, JSNORM_RECORD_SUMS}) {
        problem.record_format = format;
        Call statistics(handle, operation(JSNORM_FORWARD_STATISTICS), problem);
        EXPECT_STATUS(statistics.run(handle), JSNORM_STATUS_SUCCESS);
        jsnormRecordHeader_t header;
        std::memcpy(&header, statistics.pointer("record"), sizeof header);
        EXPECT_EQ(header.count, 0);
        EXPECT_EQ(header.format, format);
        EXPECT_EQ(header.statistics_per_group, 5);
        std::array<double, 10> body;
        std::memcpy(body.data(), statistics.slot("record") + sizeof header, sizeof body);
        for (double value : body) EXPECT_EQ(value, 0.0);
    }
    Call reduce(handle, operation(JSNORM_BACKWARD_REDUCE), problem);
    EXPECT_STATUS(reduce.run(handle), JSNORM_STATUS_SUCCESS);
    expect_all<double>(reduce, "sums", 0.0);
}

TEST(ZeroSize, TotalCountOfEmptyRecordsIsZero) {
    const Handle handle;
    Problem problem;
    problem.dims = {0, 5, 2, 2};
    Call call(handle, operation(JSNORM_FORWARD_FINALIZE), problem);
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    expect_all<int64_t>(call, "total_count", 0);
}

}  // namespace
}  // namespace jsnorm::test::api
