// SPDX-License-Identifier: Apache-2.0
//
// The ten operations as data: every pointer of every argument struct, with what the header says
// about it. Tests sweep this table instead of repeating ten structs;
// OperationTable.CoversEveryArgument fails when a struct grows and the table does not.
#pragma once

#include "jsnorm/jsnorm.h"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jsnorm::test::api {

enum class Role {
    kTensor,        // dims and type of x
    kParameter,     // P entries
    kStatistic,     // G*K doubles
    kRunning,       // K entries
    kStep,          // one int64
    kTotalCount,    // one int64
    kMask,          // one bit for each element of x
    kRecord,        // records of statistics, aligned to 16
    kCoefficients,  // of forward or backward, aligned to 16
    kSums,          // 2K doubles
};

enum class Access { kInput, kOptionalInput, kOutput, kOptionalOutput };

inline constexpr size_t kNoOffset = static_cast<size_t>(-1);

struct Member {
    std::string name;
    size_t offset = kNoOffset;
};

struct Field {
    std::string name;
    size_t offset;
    Role role;
    Access access;
    Member descriptor = {};

    bool is_required() const { return access == Access::kInput || access == Access::kOutput; }
    bool is_output() const {
        return access == Access::kOutput || access == Access::kOptionalOutput;
    }
};

struct Operation {
    jsnormOperation_t id;
    std::string function;
    bool batch_kinds_only;
    size_t args_bytes;
    size_t workspace_offset;
    size_t workspace_bytes_offset;
    jsnormStatus_t (*init)(void *args, size_t struct_size);
    jsnormStatus_t (*run)(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const void *args);
    std::vector<Field> fields;
    std::vector<Member> descriptors;
    std::vector<size_t> scalars;

    const Field *find(const std::string &name) const {
        for (const Field &field : fields) {
            if (field.name == name) return &field;
        }
        return nullptr;
    }

    const Field &field(const std::string &name) const {
        if (const Field *found = find(name)) return *found;
        throw std::logic_error(function + " has no args." + name);
    }
};

namespace detail {

template <class Args, auto kInit, auto kRun>
Operation make_operation(jsnormOperation_t id, const char *function, std::vector<Field> fields,
                         std::vector<size_t> scalars = {}) {
    Operation operation{};
    operation.id = id;
    operation.function = function;
    operation.batch_kinds_only = id >= JSNORM_BACKWARD_FIXED_STATISTICS;
    operation.args_bytes = sizeof(Args);
    operation.workspace_offset = offsetof(Args, workspace);
    operation.workspace_bytes_offset = offsetof(Args, workspace_bytes);
    operation.init = [](void *args, size_t size) { return kInit(static_cast<Args *>(args), size); };
    operation.run = [](jsnormHandle_t handle, jsnormNormDescriptor_t norm, const void *args) {
        return kRun(handle, norm, static_cast<const Args *>(args));
    };
    operation.descriptors = {{"x_desc", offsetof(Args, x_desc)}};
    for (const Field &field : fields) {
        const Member &descriptor = field.descriptor;
        bool known = descriptor.offset == kNoOffset;
        for (const Member &other : operation.descriptors)
            known |= other.offset == descriptor.offset;
        if (!known) operation.descriptors.push_back(descriptor);
    }
    operation.fields = std::move(fields);
    operation.scalars = std::move(scalars);
    return operation;
}

#define JSNORM_TEST_FIELD(name, role, access)                       \
    Field {                                                         \
#name, offsetof(Args, name), Role::role, Access::access, {} \
    }
#define JSNORM_TEST_DESCRIBED(name, desc, role, access)            \
    Field {                                                        \
#name, offsetof(Args, name), Role::role, Access::access, { \
#desc, offsetof(Args, desc)                            \
        }                                                          \
    }
#define JSNORM_TEST_TENSOR(name, access) JSNORM_TEST_DESCRIBED(name, name##_desc, kTensor, access)
#define JSNORM_TEST_PARAMETER(name, access) \
    JSNORM_TEST_DESCRIBED(name, parameter_desc, kParameter, access)
#define JSNORM_TEST_RUNNING(name, access) \
    JSNORM_TEST_DESCRIBED(name, running_desc, kRunning, access)

inline Operation forward_training() {
    using Args = jsnormForwardTrainingArgs_t;
    return make_operation<Args, jsnormForwardTrainingArgsInit, jsnormForwardTraining>(
        JSNORM_FORWARD_TRAINING, "jsnormForwardTraining",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_TENSOR(z, kOptionalInput),
         JSNORM_TEST_TENSOR(y, kOutput), JSNORM_TEST_PARAMETER(gamma, kOptionalInput),
         JSNORM_TEST_PARAMETER(beta, kOptionalInput),
         JSNORM_TEST_FIELD(saved_mean, kStatistic, kOptionalOutput),
         JSNORM_TEST_FIELD(saved_variance, kStatistic, kOptionalOutput),
         JSNORM_TEST_FIELD(shrunk_mean, kStatistic, kOptionalOutput),
         JSNORM_TEST_FIELD(shrunk_variance, kStatistic, kOptionalOutput),
         JSNORM_TEST_RUNNING(running_mean, kOptionalInput),
         JSNORM_TEST_RUNNING(running_variance, kOptionalInput),
         JSNORM_TEST_RUNNING(next_running_mean, kOptionalOutput),
         JSNORM_TEST_RUNNING(next_running_variance, kOptionalOutput),
         JSNORM_TEST_FIELD(step, kStep, kOptionalInput),
         JSNORM_TEST_FIELD(mask, kMask, kOptionalOutput)},
        {offsetof(Args, factor)});
}

inline Operation forward_inference() {
    using Args = jsnormForwardInferenceArgs_t;
    return make_operation<Args, jsnormForwardInferenceArgsInit, jsnormForwardInference>(
        JSNORM_FORWARD_INFERENCE, "jsnormForwardInference",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_TENSOR(z, kOptionalInput),
         JSNORM_TEST_TENSOR(y, kOutput), JSNORM_TEST_PARAMETER(gamma, kOptionalInput),
         JSNORM_TEST_PARAMETER(beta, kOptionalInput), JSNORM_TEST_RUNNING(running_mean, kInput),
         JSNORM_TEST_RUNNING(running_variance, kInput),
         JSNORM_TEST_FIELD(mask, kMask, kOptionalOutput)},
        {offsetof(Args, running_element_count)});
}

inline Operation backward() {
    using Args = jsnormBackwardArgs_t;
    return make_operation<Args, jsnormBackwardArgsInit, jsnormBackward>(
        JSNORM_BACKWARD, "jsnormBackward",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_TENSOR(dy, kInput),
         JSNORM_TEST_PARAMETER(gamma, kOptionalInput), JSNORM_TEST_PARAMETER(beta, kOptionalInput),
         JSNORM_TEST_FIELD(saved_mean, kStatistic, kInput),
         JSNORM_TEST_FIELD(saved_variance, kStatistic, kInput),
         JSNORM_TEST_FIELD(mask, kMask, kOptionalInput), JSNORM_TEST_TENSOR(dx, kOptionalOutput),
         JSNORM_TEST_PARAMETER(dgamma, kOptionalOutput),
         JSNORM_TEST_PARAMETER(dbeta, kOptionalOutput), JSNORM_TEST_TENSOR(dz, kOptionalOutput)});
}

inline Operation backward_fixed_statistics() {
    using Args = jsnormBackwardFixedStatisticsArgs_t;
    return make_operation<Args, jsnormBackwardFixedStatisticsArgsInit,
                          jsnormBackwardFixedStatistics>(
        JSNORM_BACKWARD_FIXED_STATISTICS, "jsnormBackwardFixedStatistics",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_TENSOR(dy, kInput),
         JSNORM_TEST_PARAMETER(gamma, kOptionalInput), JSNORM_TEST_PARAMETER(beta, kOptionalInput),
         JSNORM_TEST_RUNNING(running_mean, kInput), JSNORM_TEST_RUNNING(running_variance, kInput),
         JSNORM_TEST_FIELD(mask, kMask, kOptionalInput), JSNORM_TEST_TENSOR(dx, kOptionalOutput),
         JSNORM_TEST_PARAMETER(dgamma, kOptionalOutput),
         JSNORM_TEST_PARAMETER(dbeta, kOptionalOutput), JSNORM_TEST_TENSOR(dz, kOptionalOutput)},
        {offsetof(Args, running_element_count)});
}

inline Operation forward_statistics() {
    using Args = jsnormForwardStatisticsArgs_t;
    return make_operation<Args, jsnormForwardStatisticsArgsInit, jsnormForwardStatistics>(
        JSNORM_FORWARD_STATISTICS, "jsnormForwardStatistics",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_FIELD(record, kRecord, kOutput)},
        {offsetof(Args, record_format)});
}

inline Operation forward_finalize() {
    using Args = jsnormForwardFinalizeArgs_t;
    return make_operation<Args, jsnormForwardFinalizeArgsInit, jsnormForwardFinalize>(
        JSNORM_FORWARD_FINALIZE, "jsnormForwardFinalize",
        {JSNORM_TEST_FIELD(records, kRecord, kInput),
         JSNORM_TEST_FIELD(saved_mean, kStatistic, kOptionalOutput),
         JSNORM_TEST_FIELD(saved_variance, kStatistic, kOptionalOutput),
         JSNORM_TEST_FIELD(shrunk_mean, kStatistic, kOptionalOutput),
         JSNORM_TEST_FIELD(shrunk_variance, kStatistic, kOptionalOutput),
         JSNORM_TEST_FIELD(total_count, kTotalCount, kOptionalOutput),
         JSNORM_TEST_RUNNING(running_mean, kOptionalInput),
         JSNORM_TEST_RUNNING(running_variance, kOptionalInput),
         JSNORM_TEST_RUNNING(next_running_mean, kOptionalOutput),
         JSNORM_TEST_RUNNING(next_running_variance, kOptionalOutput),
         JSNORM_TEST_FIELD(step, kStep, kOptionalInput),
         JSNORM_TEST_FIELD(coefficients, kCoefficients, kOutput)},
        {offsetof(Args, record_count), offsetof(Args, record_format), offsetof(Args, factor)});
}

inline Operation forward_apply() {
    using Args = jsnormForwardApplyArgs_t;
    return make_operation<Args, jsnormForwardApplyArgsInit, jsnormForwardApply>(
        JSNORM_FORWARD_APPLY, "jsnormForwardApply",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_TENSOR(z, kOptionalInput),
         JSNORM_TEST_TENSOR(y, kOutput), JSNORM_TEST_PARAMETER(gamma, kOptionalInput),
         JSNORM_TEST_PARAMETER(beta, kOptionalInput),
         JSNORM_TEST_FIELD(coefficients, kCoefficients, kInput),
         JSNORM_TEST_FIELD(mask, kMask, kOptionalOutput)});
}

inline Operation backward_reduce() {
    using Args = jsnormBackwardReduceArgs_t;
    return make_operation<Args, jsnormBackwardReduceArgsInit, jsnormBackwardReduce>(
        JSNORM_BACKWARD_REDUCE, "jsnormBackwardReduce",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_TENSOR(dy, kInput),
         JSNORM_TEST_PARAMETER(gamma, kOptionalInput), JSNORM_TEST_PARAMETER(beta, kOptionalInput),
         JSNORM_TEST_FIELD(saved_mean, kStatistic, kInput),
         JSNORM_TEST_FIELD(coefficients, kCoefficients, kOptionalInput),
         JSNORM_TEST_FIELD(mask, kMask, kOptionalInput), JSNORM_TEST_FIELD(sums, kSums, kOutput)});
}

inline Operation backward_finalize() {
    using Args = jsnormBackwardFinalizeArgs_t;
    // local_sums is optional in general; with dgamma and dbeta of LOCAL scope, as here, it is not.
    return make_operation<Args, jsnormBackwardFinalizeArgsInit, jsnormBackwardFinalize>(
        JSNORM_BACKWARD_FINALIZE, "jsnormBackwardFinalize",
        {JSNORM_TEST_FIELD(local_sums, kSums, kInput),
         JSNORM_TEST_FIELD(global_sums, kSums, kInput),
         JSNORM_TEST_FIELD(total_count, kTotalCount, kInput),
         JSNORM_TEST_PARAMETER(gamma, kOptionalInput),
         JSNORM_TEST_FIELD(saved_mean, kStatistic, kInput),
         JSNORM_TEST_FIELD(saved_variance, kStatistic, kInput),
         JSNORM_TEST_PARAMETER(dgamma, kOptionalOutput),
         JSNORM_TEST_PARAMETER(dbeta, kOptionalOutput),
         JSNORM_TEST_FIELD(coefficients, kCoefficients, kOutput)},
        {offsetof(Args, record_count)});
}

inline Operation backward_apply() {
    using Args = jsnormBackwardApplyArgs_t;
    return make_operation<Args, jsnormBackwardApplyArgsInit, jsnormBackwardApply>(
        JSNORM_BACKWARD_APPLY, "jsnormBackwardApply",
        {JSNORM_TEST_TENSOR(x, kInput), JSNORM_TEST_TENSOR(dy, kInput),
         JSNORM_TEST_PARAMETER(gamma, kOptionalInput), JSNORM_TEST_PARAMETER(beta, kOptionalInput),
         JSNORM_TEST_FIELD(forward_coefficients, kCoefficients, kOptionalInput),
         JSNORM_TEST_FIELD(backward_coefficients, kCoefficients, kInput),
         JSNORM_TEST_FIELD(mask, kMask, kOptionalInput), JSNORM_TEST_TENSOR(dx, kOptionalOutput),
         JSNORM_TEST_TENSOR(dz, kOptionalOutput)});
}

#undef JSNORM_TEST_FIELD
#undef JSNORM_TEST_DESCRIBED
#undef JSNORM_TEST_TENSOR
#undef JSNORM_TEST_PARAMETER
#undef JSNORM_TEST_RUNNING

}  // namespace detail

// In the order of jsnormOperation_t.
inline const std::vector<Operation> &operations() {
    static const std::vector<Operation> table = {
        detail::forward_training(),   detail::forward_inference(),
        detail::backward(),           detail::backward_fixed_statistics(),
        detail::forward_statistics(), detail::forward_finalize(),
        detail::forward_apply(),      detail::backward_reduce(),
        detail::backward_finalize(),  detail::backward_apply()};
    return table;
}

inline const Operation &operation(jsnormOperation_t id) {
    return operations().at(static_cast<size_t>(id));
}

}  // namespace jsnorm::test::api
