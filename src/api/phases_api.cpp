// SPDX-License-Identifier: Apache-2.0
// The phases without an elementwise pass. ForwardApply and BackwardApply are in forward_api.cpp and
// backward_api.cpp.
#include <algorithm>

#include "src/api/operation.hpp"
#include "src/api/operations.hpp"
#include "src/core/record.hpp"

namespace jsnorm {

namespace {

using ll = long long;  // for printf

constexpr const char *kInstead = "its statistics are local; use the fused operation";

jsnormStatus_t check_format(const char *name, jsnormRecordFormat_t format,
                            jsnormRecordFormat_t last, int32_t reserved) {
    JSNORM_REQUIRE(format >= JSNORM_RECORD_MOMENTS && format <= last, JSNORM_STATUS_BAD_PARAM,
                   "%s = %d is not a record format that this operation takes", name, format);
    JSNORM_REQUIRE(reserved == 0, JSNORM_STATUS_BAD_PARAM, "args.reserved = %d, but must be 0",
                   reserved);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t check_record_count(const Problem &problem) {
    JSNORM_REQUIRE(problem.statistics <= INT32_MAX, JSNORM_STATUS_NOT_SUPPORTED_SHAPE,
                   "args.x_desc: %lld statistics do not fit a record", ll{problem.statistics});
    return JSNORM_STATUS_SUCCESS;
}

// Record headers must agree with the arguments. For CPU handles only: the records must be in host
// memory.
jsnormStatus_t check_headers(const Problem &problem, const jsnormForwardFinalizeArgs_t &args) {
    const size_t stride = record_bytes(args.record_format, problem.statistics);
    int64_t total = 0;
    for (int64_t i = 0; i < args.record_count; ++i) {
        const jsnormRecordHeader_t *header = record_at(args.records, stride, i);
        JSNORM_REQUIRE(header->format == args.record_format, JSNORM_STATUS_BAD_PARAM,
                       "args.records: record %lld has format %d, but args.record_format is %d",
                       ll{i}, header->format, args.record_format);
        JSNORM_REQUIRE(header->statistics_per_group == problem.statistics,
                       JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                       "args.records: record %lld has %d statistics, but args.x_desc has %lld",
                       ll{i}, header->statistics_per_group, ll{problem.statistics});
        JSNORM_REQUIRE(header->count >= 0 && !__builtin_add_overflow(total, header->count, &total),
                       JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                       "args.records: record %lld has count %lld, or the counts overflow 64 bits",
                       ll{i}, ll{header->count});
    }
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

jsnormStatus_t forward_statistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                  const jsnormForwardStatisticsArgs_t *given, Text *description) {
    Operation<jsnormForwardStatisticsArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_FORWARD_STATISTICS, description, operation));
    const Problem &problem = operation.problem;
    JSNORM_TRY(require_batch_kind(problem, kInstead));
    const auto &args = operation.args;
    Arguments arguments(handle, problem, operation.x);
    ForwardStatisticsCall call;
    JSNORM_TRY(
        arguments.input("args.x", args.x, "args.x_desc", args.x_desc, Need::kRequired, call.x));
    JSNORM_TRY(
        check_format("args.record_format", args.record_format, JSNORM_RECORD_SUMS, args.reserved));
    JSNORM_TRY(check_record_count(problem));
    const size_t bytes = record_bytes(args.record_format, problem.statistics);
    JSNORM_TRY(arguments.output_array("args.record", args.record, static_cast<int64_t>(bytes), 1,
                                      Need::kRequired, kRecordAlignment));
    call.record = args.record;
    call.format = args.record_format;
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

jsnormStatus_t forward_finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardFinalizeArgs_t *given, Text *description) {
    Operation<jsnormForwardFinalizeArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_FORWARD_FINALIZE, description, operation));
    const Problem &problem = operation.problem;
    JSNORM_TRY(require_batch_kind(problem, kInstead));
    const auto &args = operation.args;
    Arguments arguments(handle, problem, operation.x);
    ForwardFinalizeCall call;
    JSNORM_TRY(check_format("args.record_format", args.record_format, JSNORM_RECORD_SUMS_FLOAT,
                            args.reserved));
    JSNORM_TRY(check_record_count(problem));
    const size_t stride = record_bytes(args.record_format, problem.statistics);
    JSNORM_REQUIRE(
        args.record_count >= 1 && args.record_count <= INT64_MAX / static_cast<int64_t>(stride),
        JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "args.record_count = %lld", ll{args.record_count});
    JSNORM_TRY(arguments.input_array("args.records", args.records, args.record_count, stride,
                                     Need::kRequired, kRecordAlignment));
    JSNORM_TRY(arguments.statistic_outputs(args.saved_mean, args.saved_variance, args.shrunk_mean,
                                           args.shrunk_variance, call.statistics));
    JSNORM_TRY(arguments.output_array("args.total_count", args.total_count, 1, sizeof(int64_t),
                                      Need::kOptional));
    JSNORM_TRY(arguments.running_update(args, call.running));
    JSNORM_TRY(arguments.written_coefficients(args.coefficients, 3));
    call.records = args.records;
    call.record_count = args.record_count;
    call.format = args.record_format;
    call.total_count = args.total_count;
    call.coefficients = args.coefficients;
    JSNORM_TRY(finish(operation, arguments));
    // A description follows no pointer.
    if (handle->backend->kind() == JSNORM_BACKEND_CPU && description == nullptr)
        JSNORM_TRY(check_headers(problem, args));
    return start(operation, call);
}

jsnormStatus_t backward_reduce(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                               const jsnormBackwardReduceArgs_t *given, Text *description) {
    Operation<jsnormBackwardReduceArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_BACKWARD_REDUCE, description, operation));
    const Problem &problem = operation.problem;
    JSNORM_TRY(require_batch_kind(problem, kInstead));
    const auto &args = operation.args;
    Arguments arguments(handle, problem, operation.x);
    BackwardReduceCall call;
    JSNORM_TRY(
        arguments.input("args.x", args.x, "args.x_desc", args.x_desc, Need::kRequired, call.x));
    JSNORM_TRY(arguments.input("args.dy", args.dy, "args.dy_desc", args.dy_desc, Need::kRequired,
                               call.dy));
    JSNORM_TRY(arguments.parameters(args.parameter_desc, args.gamma, args.beta, call.parameters));
    JSNORM_TRY(arguments.input_array("args.saved_mean", args.saved_mean, problem.statistics,
                                     sizeof(double), Need::kRequired));
    JSNORM_TRY(arguments.mask(args.mask, false));
    JSNORM_TRY(arguments.forward_coefficients("args.coefficients", args.coefficients,
                                              recomputes_sign(problem, args.mask)));
    JSNORM_TRY(arguments.output_array("args.sums", args.sums, 2 * problem.statistics,
                                      sizeof(double), Need::kRequired));
    call.saved_mean = args.saved_mean;
    call.coefficients = args.coefficients;
    call.mask = args.mask;
    call.sums = args.sums;
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

jsnormStatus_t backward_finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 const jsnormBackwardFinalizeArgs_t *given, Text *description) {
    Operation<jsnormBackwardFinalizeArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_BACKWARD_FINALIZE, description, operation));
    const Problem &problem = operation.problem;
    JSNORM_TRY(require_batch_kind(problem, kInstead));
    const auto &args = operation.args;
    const int64_t count = problem.statistics;
    const size_t size = sizeof(double);
    Arguments arguments(handle, problem, operation.x);
    BackwardFinalizeCall call;
    const bool needs_local = problem.norm.gradient_scope == JSNORM_PARAMETER_GRADIENT_LOCAL &&
                             (args.dgamma != nullptr || args.dbeta != nullptr);
    JSNORM_TRY(arguments.input_array("args.local_sums", args.local_sums, 2 * count, size,
                                     needs_local ? Need::kRequired : Need::kOptional));
    const int64_t sums_bytes = 2 * count * static_cast<int64_t>(size);
    JSNORM_REQUIRE(
        args.record_count >= 0 && args.record_count <= INT64_MAX / std::max<int64_t>(sums_bytes, 1),
        JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "args.record_count = %lld", ll{args.record_count});
    call.record_count = std::max<int64_t>(args.record_count, 1);
    JSNORM_TRY(arguments.input_array("args.global_sums", args.global_sums,
                                     2 * count * call.record_count, size, Need::kRequired));
    JSNORM_TRY(arguments.input_array("args.total_count", args.total_count, 1, sizeof(int64_t),
                                     Need::kRequired));
    JSNORM_TRY(arguments.parameters(args.parameter_desc, args.gamma, nullptr, call.parameters));
    JSNORM_TRY(
        arguments.input_array("args.saved_mean", args.saved_mean, count, size, Need::kRequired));
    JSNORM_TRY(arguments.input_array("args.saved_variance", args.saved_variance, count, size,
                                     Need::kRequired));
    JSNORM_TRY(arguments.parameter_gradients(args.parameter_desc, args.dgamma, args.dbeta,
                                             call.gradients));
    JSNORM_TRY(arguments.written_coefficients(args.coefficients, 5));
    call.local_sums = args.local_sums;
    call.global_sums = args.global_sums;
    call.total_count = args.total_count;
    call.saved_mean = args.saved_mean;
    call.saved_variance = args.saved_variance;
    call.coefficients = args.coefficients;
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

}  // namespace jsnorm

jsnormStatus_t jsnormForwardStatistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                       const jsnormForwardStatisticsArgs_t *args) {
    return jsnorm::operation_entry("jsnormForwardStatistics", [&] {
        return jsnorm::forward_statistics(handle, norm, args, nullptr);
    });
}

jsnormStatus_t jsnormForwardFinalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                     const jsnormForwardFinalizeArgs_t *args) {
    return jsnorm::operation_entry("jsnormForwardFinalize", [&] {
        return jsnorm::forward_finalize(handle, norm, args, nullptr);
    });
}

jsnormStatus_t jsnormBackwardReduce(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                    const jsnormBackwardReduceArgs_t *args) {
    return jsnorm::operation_entry("jsnormBackwardReduce", [&] {
        return jsnorm::backward_reduce(handle, norm, args, nullptr);
    });
}

jsnormStatus_t jsnormBackwardFinalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                      const jsnormBackwardFinalizeArgs_t *args) {
    return jsnorm::operation_entry("jsnormBackwardFinalize", [&] {
        return jsnorm::backward_finalize(handle, norm, args, nullptr);
    });
}
