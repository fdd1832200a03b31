// SPDX-License-Identifier: Apache-2.0
//
// What only the operations in phases can get wrong: kinds, records, scopes.
#include <cmath>

#include "tests/api/each_operation.hpp"

namespace jsnorm::test::api {
namespace {

class BatchKindOperation : public EachOperation {};
INSTANTIATE_TEST_SUITE_P(Operations, BatchKindOperation,
                         testing::ValuesIn(operations_where([](const Operation &operation) {
                             return operation.batch_kinds_only;
                         })),
                         operation_name);

TEST_P(BatchKindOperation, ServesBothBatchKinds) {
    for (jsnormNormKind_t kind : {JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION}) {
        Problem problem;
        problem.kind = kind;
        const Call call(handle, operation(), problem);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
}

TEST_P(BatchKindOperation, IsNotSupportedForOtherKinds) {
    for (jsnormNormKind_t kind : {JSNORM_INSTANCE_NORM, JSNORM_LAYER_NORM, JSNORM_GROUP_NORM}) {
        Problem other;
        other.kind = kind;
        const ProblemNorm norm(other);
        Call call(handle, operation());
        // These would be of another size: the kind must be the only defect.
        for (const Member &descriptor : operation().descriptors) {
            if (descriptor.name == "parameter_desc" || descriptor.name == "running_desc") {
                call.set_descriptor(descriptor.name, nullptr);
            }
        }
        expect_rejected(handle, call, norm, JSNORM_STATUS_NOT_SUPPORTED, {"batch"});
    }
}

// ---- Records -----------------------------------------------------------------------------------

jsnormForwardStatisticsArgs_t &statistics_args(Call &call) {
    return call.args<jsnormForwardStatisticsArgs_t>();
}
jsnormForwardFinalizeArgs_t &finalize_args(Call &call) {
    return call.args<jsnormForwardFinalizeArgs_t>();
}

class Records : public testing::Test {
  protected:
    Handle handle;
    const Operation &statistics = operation(JSNORM_FORWARD_STATISTICS);
    const Operation &finalize = operation(JSNORM_FORWARD_FINALIZE);
};

TEST_F(Records, CountMustBePositive) {
    for (int64_t count : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
        Call call(handle, finalize);
        finalize_args(call).record_count = count;
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                        {"args.record_count", std::to_string(count)});
    }
}

TEST_F(Records, UnknownFormatIsNamed) {
    for (int32_t value : {-1, 3, 77}) {
        const auto format = static_cast<jsnormRecordFormat_t>(value);
        Call reading(handle, finalize), writing(handle, statistics);
        finalize_args(reading).record_format = format;
        statistics_args(writing).record_format = format;
        for (Call *call : {&reading, &writing}) {
            expect_rejected(handle, *call, JSNORM_STATUS_BAD_PARAM,
                            {"args.record_format", std::to_string(value)});
        }
    }
}

TEST_F(Records, SumsInFloatAreInputOnly) {
    Call call(handle, statistics);
    statistics_args(call).record_format = JSNORM_RECORD_SUMS_FLOAT;
    expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM, {"args.record_format"});
}

TEST_F(Records, EveryFormatIsRead) {
    for (jsnormRecordFormat_t format :
         {JSNORM_RECORD_MOMENTS, JSNORM_RECORD_SUMS, JSNORM_RECORD_SUMS_FLOAT}) {
        Problem problem;
        problem.record_format = format;
        const Call call(handle, finalize, problem);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS) << int{format};
    }
}

TEST_F(Records, HeaderSaysWhatTheRecordHolds) {
    for (jsnormRecordFormat_t format : {JSNORM_RECORD_MOMENTS, JSNORM_RECORD_SUMS}) {
        Problem problem;
        problem.record_format = format;
        Call call(handle, statistics, problem);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        jsnormRecordHeader_t header;
        std::memcpy(&header, call.pointer("record"), sizeof header);
        EXPECT_EQ(header.count, 12);
        EXPECT_EQ(header.format, format);
        EXPECT_EQ(header.statistics_per_group, 5);
    }
}

// On the CPU the records can be looked at before anything is written; a GPU cannot tell the host.
TEST_F(Records, HeadersThatDisagreeAreRefusedOnTheCpu) {
    const size_t record_bytes = 16 + 2 * 5 * sizeof(double);
    for (size_t which : {0, 1}) {
        const auto spoil = [&](Call &call, auto member, int32_t value) {
            std::byte *at = call.slot("records") + which * record_bytes;
            jsnormRecordHeader_t header;
            std::memcpy(&header, at, sizeof header);
            header.*member = value;
            std::memcpy(at, &header, sizeof header);
        };
        Call other_k(handle, finalize);
        spoil(other_k, &jsnormRecordHeader_t::statistics_per_group, 617);
        expect_rejected(handle, other_k, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                        {"args.records", "617"});
        Call other_format(handle, finalize);
        spoil(other_format, &jsnormRecordHeader_t::format, JSNORM_RECORD_SUMS);
        expect_rejected(handle, other_format, JSNORM_STATUS_BAD_PARAM, {"args.records"});
    }
}

// The CPU refuses a bad header. In the memory of a device only a kernel can look at it: every
// statistic is NaN then, and the count is -1.
TEST_F(Records, HeadersThatDisagreeAreRefusedOrPoisonTheOutputs) {
    const auto expect_bad = [&](auto member, auto value, jsnormStatus_t status) {
        Call call(handle, finalize);
        std::byte *at = call.slot("records");
        jsnormRecordHeader_t header;
        std::memcpy(&header, at, sizeof header);
        header.*member = value;
        std::memcpy(at, &header, sizeof header);
        if (test_backend() == JSNORM_BACKEND_CPU) {
            return expect_rejected(handle, call, status, {"args.records"});
        }
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        double mean = 0;
        double variance = 0;
        int64_t count = 0;
        std::memcpy(&mean, call.pointer("saved_mean"), sizeof mean);
        std::memcpy(&variance, call.pointer("saved_variance"), sizeof variance);
        std::memcpy(&count, call.pointer("total_count"), sizeof count);
        EXPECT_TRUE(std::isnan(mean)) << mean << ", header with " << value;
        EXPECT_TRUE(std::isnan(variance)) << variance << ", header with " << value;
        EXPECT_EQ(count, -1) << "header with " << value;
    };
    using Header = jsnormRecordHeader_t;
    for (const int64_t count :
         {int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
        expect_bad(&Header::count, count, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND);
    }
    expect_bad(&Header::statistics_per_group, 4, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH);
    expect_bad(&Header::format, int32_t{JSNORM_RECORD_SUMS_FLOAT}, JSNORM_STATUS_BAD_PARAM);
}

TEST_F(Records, ReservedMustBeZero) {
    Call reading(handle, finalize), writing(handle, statistics);
    finalize_args(reading).reserved = 1;
    statistics_args(writing).reserved = std::numeric_limits<int32_t>::min();
    for (Call *call : {&reading, &writing}) {
        expect_rejected(handle, *call, JSNORM_STATUS_BAD_PARAM, {"args.reserved"});
    }
}

TEST_F(Records, BatchSizeOfTheDescriptorDoesNotMatterToFinalize) {
    for (jsnormOperation_t id : {JSNORM_FORWARD_FINALIZE, JSNORM_BACKWARD_FINALIZE}) {
        Call one(handle, operation(id)), other(handle, operation(id));
        const TensorDesc another_batch(JSNORM_FLOAT, {617, 5, 9});
        other.set_descriptor("x_desc", another_batch);
        size_t bytes = 0;
        require(jsnormGetWorkspaceSize(handle, ProblemNorm({}), another_batch, id, &bytes));
        Workspace workspace(bytes);
        other.set_workspace(workspace.data(), bytes);
        EXPECT_STATUS(one.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(other.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_TRUE(one.outputs() == other.outputs()) << operation(id).function;
    }
}

// ---- The sums of backward finalize -------------------------------------------------------------

TEST(BackwardFinalizeRecords, CountMustNotBeNegativeNorOverflow) {
    const Handle handle;
    for (int64_t count : {int64_t{-1}, std::numeric_limits<int64_t>::min(),
                          std::numeric_limits<int64_t>::max() / (2 * 5 * 8) + 1}) {
        Call call(handle, operation(JSNORM_BACKWARD_FINALIZE));
        call.args<jsnormBackwardFinalizeArgs_t>().record_count = count;
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                        {"args.record_count", std::to_string(count)});
    }
}

TEST(BackwardFinalizeRecords, NoCountIsOneRecord) {
    const Handle handle;
    Call none(handle, operation(JSNORM_BACKWARD_FINALIZE));
    Call one(handle, operation(JSNORM_BACKWARD_FINALIZE));
    one.args<jsnormBackwardFinalizeArgs_t>().record_count = 1;
    EXPECT_STATUS(none.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(one.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_TRUE(none.outputs() == one.outputs());
}

TEST(BackwardFinalizeRecords, AllOfThemAreReadAndNoneMayBeAnOutput) {
    const Handle handle;
    const size_t record_bytes = 2 * 5 * sizeof(double);
    Call call(handle, operation(JSNORM_BACKWARD_FINALIZE));
    call.args<jsnormBackwardFinalizeArgs_t>().record_count = 3;
    call.set_pointer("coefficients", call.slot("global_sums") + 2 * record_bytes);
    expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_ALIASING,
                    {"args.coefficients", "args.global_sums"});
}

TEST(BackwardFinalizeScope, LocalNeedsLocalSumsForParameterGradients) {
    const Handle handle;
    const Operation &op = operation(JSNORM_BACKWARD_FINALIZE);
    for (const char *dropped : {"dgamma", "dbeta"}) {
        Call call(handle, op);
        call.set_pointer("local_sums", nullptr);
        call.set_pointer(dropped, nullptr);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, {"args.local_sums"});
    }
    Call none(handle, op);
    for (const char *name : {"local_sums", "dgamma", "dbeta"}) none.set_pointer(name, nullptr);
    EXPECT_STATUS(none.run(handle), JSNORM_STATUS_SUCCESS);
}

TEST(BackwardFinalizeScope, GlobalNeedsNoLocalSums) {
    const Handle handle;
    Problem problem;
    problem.scope = JSNORM_PARAMETER_GRADIENT_GLOBAL;
    Call with(handle, operation(JSNORM_BACKWARD_FINALIZE), problem);
    Call without(handle, operation(JSNORM_BACKWARD_FINALIZE), problem);
    without.set_pointer("local_sums", nullptr);
    EXPECT_STATUS(with.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(without.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_TRUE(with.outputs() == without.outputs());
}

TEST(BackwardFinalizeScope, GlobalSumsMayBeTheLocalOnes) {
    const Handle handle;
    Call two(handle, operation(JSNORM_BACKWARD_FINALIZE));
    Call one(handle, operation(JSNORM_BACKWARD_FINALIZE));
    one.set_pointer("global_sums", one.slot("local_sums"));  // both hold the same pattern
    EXPECT_STATUS(two.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(one.run(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_TRUE(two.outputs() == one.outputs());
}

}  // namespace
}  // namespace jsnorm::test::api
