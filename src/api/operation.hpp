// SPDX-License-Identifier: Apache-2.0
// The steps of every operation: begin() checks its objects, finish() makes the last checks, start()
// hands the call to the backend.
#pragma once

#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"
#include "src/core/backend.hpp"
#include "src/core/workspace_layout.hpp"

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
    Text *description;  // of the plan, in place of running it; NULL: run it
};

template <class Args>
jsnormStatus_t begin(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const Args *given,
                     jsnormOperation_t kind, Text *description, Operation<Args> &operation) {
    JSNORM_TRY(check_object(handle, "handle"));
    JSNORM_TRY(copy_args(given, operation.args));
    JSNORM_TRY(get_problem(norm, operation.args.x_desc, "args.x_desc", operation.problem));
    operation.x = operation.args.x_desc->layout;
    operation.kind = kind;
    operation.handle = handle;
    operation.norm = norm;
    operation.description = description;
    return JSNORM_STATUS_SUCCESS;
}

// The last checks: workspace, overlaps.
template <class Args>
jsnormStatus_t finish(const Operation<Args> &operation, Arguments &arguments) {
    if (operation.description == nullptr) {
        const size_t needed = operation.handle->backend->workspace_bytes(
            operation.handle, operation.problem, operation.kind);
        JSNORM_TRY(
            arguments.workspace(operation.args.workspace, operation.args.workspace_bytes, needed));
    }
    return arguments.check_memory();
}

// Logs a text line by line.
void log_lines(jsnormLogLevel_t level, const char *text);

// Nothing is wrong: the operation goes ahead, or its plan is described.
template <class Args, class OneCall>
jsnormStatus_t start(const Operation<Args> &operation, const OneCall &call) {
    freeze(operation.norm);
    const Backend &backend = *operation.handle->backend;
    const Invocation invocation = {operation.handle, &operation.problem,
                                   aligned_workspace(operation.args.workspace)};
    if (operation.description != nullptr) {
        backend.describe(invocation, &call, *operation.description);
        return JSNORM_STATUS_SUCCESS;
    }
    if (log_enabled(JSNORM_LOG_INFO)) {
        char buffer[2048];
        Text text(buffer, sizeof buffer);
        backend.describe(invocation, &call, text);
        log_lines(JSNORM_LOG_INFO, buffer);
    }
    return backend.run(invocation, &call);
}

inline jsnormStatus_t require_batch_kind(const Problem &problem, const char *instead) {
    JSNORM_REQUIRE(is_batch_kind(problem.norm.kind), JSNORM_STATUS_NOT_SUPPORTED,
                   "norm is not a batch norm: %s", instead);
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm
