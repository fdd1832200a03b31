// SPDX-License-Identifier: Apache-2.0
// The steps of every operation: begin() checks its objects, finish() makes the last checks, start()
// hands the call to the backend.
#pragma once

#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"
#include "src/core/backend.hpp"

namespace jsnorm {

// An operation that is being checked: its arguments, in this version's struct, and its problem.
template <class Args>
struct Operation {
    Args args;
    Problem problem;
    Layout x;
    jsnormOperation_t kind;
    const jsnormHandleStruct *handle;
    jsnormNormDescriptor_t norm;
};

template <class Args>
jsnormStatus_t begin(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const Args *given,
                     jsnormOperation_t kind, Operation<Args> &operation) {
    JSNORM_TRY(check_object(handle, "handle"));
    JSNORM_TRY(copy_args(given, operation.args));
    JSNORM_TRY(get_problem(norm, operation.args.x_desc, "args.x_desc", operation.problem));
    operation.x = operation.args.x_desc->layout;
    operation.kind = kind;
    operation.handle = handle;
    operation.norm = norm;
    return JSNORM_STATUS_SUCCESS;
}

// The last checks: workspace, overlaps.
template <class Args>
jsnormStatus_t finish(const Operation<Args> &operation, Arguments &arguments) {
    const size_t needed = operation.handle->backend->workspace_bytes(
        operation.handle, operation.problem, operation.kind);
    JSNORM_TRY(
        arguments.workspace(operation.args.workspace, operation.args.workspace_bytes, needed));
    JSNORM_TRY(arguments.check_memory());
    const Problem &problem = operation.problem;
    log(JSNORM_LOG_INFO, "%s: %s, groups %lld, statistics %lld, elements %lld, workspace %zu bytes",
        current_function(), name_of(problem.type), static_cast<long long>(problem.shape.groups),
        static_cast<long long>(problem.shape.statistics),
        static_cast<long long>(problem.shape.elements), needed);
    return JSNORM_STATUS_SUCCESS;
}

// All checks have passed: the backend runs the call.
template <class Args, class Call>
jsnormStatus_t start(const Operation<Args> &operation, const Call &call) {
    freeze(operation.norm);
    return operation.handle->backend->run(
        {operation.handle, &operation.problem, operation.args.workspace}, call);
}

inline jsnormStatus_t require_batch_kind(const Problem &problem, const char *instead) {
    JSNORM_REQUIRE(is_batch_kind(problem.norm.kind), JSNORM_STATUS_NOT_SUPPORTED,
                   "norm is not a batch norm: %s", instead);
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm
