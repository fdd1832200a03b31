// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"
#include "src/core/backend.hpp"
#include "src/core/record.hpp"

namespace jsnorm {

namespace {

jsnormStatus_t require_phases(const Problem &problem) {
    JSNORM_REQUIRE(is_batch_kind(problem.norm.kind), JSNORM_STATUS_NOT_SUPPORTED,
                   "norm is not a batch norm: it has no phases and no fixed statistics");
    return JSNORM_STATUS_SUCCESS;
}

// Checks that the norm has this operation.
jsnormStatus_t check_operation(jsnormOperation_t operation, const Problem &problem) {
    JSNORM_REQUIRE(operation >= JSNORM_FORWARD_TRAINING && operation <= JSNORM_BACKWARD_APPLY,
                   JSNORM_STATUS_BAD_PARAM, "operation = %d is not a jsnormOperation_t", operation);
    return operation <= JSNORM_BACKWARD ? JSNORM_STATUS_SUCCESS : require_phases(problem);
}

// What every query does first: checks `result`, then derives the problem.
jsnormStatus_t begin_query(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                           const void *result, const char *result_name, Problem &problem) {
    JSNORM_REQUIRE(result != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL",
                   result_name);
    return get_problem(norm, x_desc, "x_desc", problem);
}

// handle: NULL for a bound over every backend and device.
jsnormStatus_t workspace_size(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              size_t *bytes) {
    Problem problem;
    JSNORM_TRY(begin_query(norm, x_desc, bytes, "bytes", problem));
    JSNORM_TRY(check_operation(operation, problem));
    if (handle != nullptr) {
        *bytes = handle->backend->workspace_bytes(handle, problem, operation);
    } else {
        *bytes = cpu_backend().workspace_bytes(nullptr, problem, operation);
        if (cuda_backend() != nullptr) {
            *bytes = std::max(*bytes, cuda_backend()->workspace_bytes(nullptr, problem, operation));
        }
    }
    freeze(norm);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t coefficient_size(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                size_t arrays, size_t *bytes) {
    Problem problem;
    JSNORM_TRY(begin_query(norm, x_desc, bytes, "bytes", problem));
    JSNORM_TRY(require_phases(problem));
    *bytes = arrays * static_cast<size_t>(problem.statistics) * compute_bytes(problem.type);
    freeze(norm);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t record_size(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                           jsnormRecordFormat_t format, size_t *bytes) {
    Problem problem;
    JSNORM_TRY(begin_query(norm, x_desc, bytes, "bytes", problem));
    JSNORM_REQUIRE(format >= JSNORM_RECORD_MOMENTS && format <= JSNORM_RECORD_SUMS_FLOAT,
                   JSNORM_STATUS_BAD_PARAM, "format = %d is not a jsnormRecordFormat_t", format);
    JSNORM_TRY(require_phases(problem));
    JSNORM_REQUIRE(problem.statistics <= INT32_MAX, JSNORM_STATUS_NOT_SUPPORTED_SHAPE,
                   "x_desc: %lld statistics do not fit a record",
                   static_cast<long long>(problem.statistics));
    *bytes = record_bytes(format, problem.statistics);
    freeze(norm);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t mask_size(jsnormTensorDescriptor_t x_desc, size_t *bytes) {
    JSNORM_REQUIRE(bytes != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "bytes is NULL");
    Layout x;
    JSNORM_TRY(get_layout(x_desc, "x_desc", x));
    JSNORM_REQUIRE(is_dense(x), JSNORM_STATUS_NOT_SUPPORTED_LAYOUT, "x_desc is not dense");
    *bytes = static_cast<size_t>((x.elements() + 31) / 32) * sizeof(uint32_t);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t traffic_of(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                          jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                          uint32_t tensors, jsnormMemoryTraffic_t *traffic) {
    JSNORM_TRY(check_object(handle, "handle"));
    Problem problem;
    JSNORM_TRY(begin_query(norm, x_desc, traffic, "traffic", problem));
    JSNORM_TRY(check_operation(operation, problem));
    JSNORM_REQUIRE((tensors & ~(JSNORM_TRAFFIC_RESIDUAL | JSNORM_TRAFFIC_MASK)) == 0,
                   JSNORM_STATUS_BAD_PARAM, "tensors = %u has bits that are not JSNORM_TRAFFIC_*",
                   tensors);
    const size_t room = traffic->struct_size;
    JSNORM_TRY(check_struct_size("traffic", room));
    jsnormMemoryTraffic_t known =
        handle->backend->memory_traffic(*handle, {problem, x_desc->layout, operation, tensors});
    known.struct_size = room;
    std::memset(traffic, 0, room);
    std::memcpy(traffic, &known, std::min(room, sizeof known));
    freeze(norm);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t statistics_shape(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                int64_t *groups, int64_t *statistics, int64_t *elements,
                                int64_t *parameters) {
    Problem problem;
    JSNORM_TRY(get_problem(norm, x_desc, "x_desc", problem));
    if (groups != nullptr) *groups = problem.shape.groups;
    if (statistics != nullptr) *statistics = problem.shape.statistics;
    if (elements != nullptr) *elements = problem.shape.elements;
    if (parameters != nullptr) *parameters = problem.shape.parameters;
    freeze(norm);
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

}  // namespace jsnorm

using jsnorm::entry;

jsnormStatus_t jsnormGetStatisticsShape(jsnormNormDescriptor_t norm,
                                        jsnormTensorDescriptor_t x_desc, int64_t *groups,
                                        int64_t *statistics_per_group,
                                        int64_t *elements_per_statistic, int64_t *parameter_count) {
    return entry("jsnormGetStatisticsShape", [&] {
        return jsnorm::statistics_shape(norm, x_desc, groups, statistics_per_group,
                                        elements_per_statistic, parameter_count);
    });
}

jsnormStatus_t jsnormGetWorkspaceSize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                      jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                                      size_t *bytes) {
    return entry("jsnormGetWorkspaceSize", [&]() -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_object(handle, "handle"));
        return jsnorm::workspace_size(handle, norm, x_desc, operation, bytes);
    });
}

jsnormStatus_t jsnormGetWorkspaceUpperBound(jsnormNormDescriptor_t norm,
                                            jsnormTensorDescriptor_t x_desc,
                                            jsnormOperation_t operation, size_t *bytes) {
    return entry("jsnormGetWorkspaceUpperBound",
                 [&] { return jsnorm::workspace_size(nullptr, norm, x_desc, operation, bytes); });
}

jsnormStatus_t jsnormGetMaskSize(jsnormTensorDescriptor_t x_desc, size_t *bytes) {
    return entry("jsnormGetMaskSize", [&] { return jsnorm::mask_size(x_desc, bytes); });
}

jsnormStatus_t jsnormGetMemoryTraffic(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                      jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                                      uint32_t tensors, jsnormMemoryTraffic_t *traffic) {
    return entry("jsnormGetMemoryTraffic", [&] {
        return jsnorm::traffic_of(handle, norm, x_desc, operation, tensors, traffic);
    });
}

jsnormStatus_t jsnormGetRecordSize(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                   jsnormRecordFormat_t format, size_t *bytes) {
    return entry("jsnormGetRecordSize",
                 [&] { return jsnorm::record_size(norm, x_desc, format, bytes); });
}

jsnormStatus_t jsnormGetForwardCoefficientSize(jsnormNormDescriptor_t norm,
                                               jsnormTensorDescriptor_t x_desc, size_t *bytes) {
    return entry("jsnormGetForwardCoefficientSize",
                 [&] { return jsnorm::coefficient_size(norm, x_desc, 3, bytes); });
}

jsnormStatus_t jsnormGetBackwardCoefficientSize(jsnormNormDescriptor_t norm,
                                                jsnormTensorDescriptor_t x_desc, size_t *bytes) {
    return entry("jsnormGetBackwardCoefficientSize",
                 [&] { return jsnorm::coefficient_size(norm, x_desc, 5, bytes); });
}
