// SPDX-License-Identifier: Apache-2.0
// The beginning of a synchronized operation: own checks, workspace, and agreement with the others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "src/distributed/error.hpp"
#include "src/distributed/operations.hpp"
#include "src/distributed/workspace.hpp"

namespace jsnorm::distributed {

// Arguments of the version of this library. A field that it does not know must be 0, as for the
// core; one that the caller does not know is 0.
template <class Args>
jsnormStatus_t copy_args(const Args *given, Args &args) {
    args = {};
    JSNORM_DISTRIBUTED_REQUIRE(given != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                               "args is NULL");
    JSNORM_DISTRIBUTED_REQUIRE(
        given->struct_size >= sizeof(size_t), JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
        "args.struct_size = %zu; call the Init function of the struct", given->struct_size);
    std::memcpy(&args, given, std::min(given->struct_size, sizeof args));
    args.struct_size = sizeof args;
    return JSNORM_STATUS_SUCCESS;
}

template <class Args>
jsnormStatus_t check_workspace(const Args &args, size_t bytes) {
    JSNORM_DISTRIBUTED_REQUIRE(args.workspace != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                               "args.workspace is NULL, but %zu bytes are needed", bytes);
    JSNORM_DISTRIBUTED_REQUIRE(
        args.workspace_bytes >= bytes, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
        "args.workspace_bytes = %zu, but %zu are needed", args.workspace_bytes, bytes);
    return JSNORM_STATUS_SUCCESS;
}

// Of a query of the size of a workspace.
inline jsnormStatus_t check_size_query(jsnormOperation_t operation, const size_t *bytes) {
    JSNORM_DISTRIBUTED_REQUIRE(bytes != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                               "bytes is NULL");
    JSNORM_DISTRIBUTED_REQUIRE(
        operation == JSNORM_FORWARD_TRAINING || operation == JSNORM_BACKWARD,
        JSNORM_STATUS_BAD_PARAM,
        "operation = %d, but must be JSNORM_FORWARD_TRAINING or JSNORM_BACKWARD",
        static_cast<int>(operation));
    return JSNORM_STATUS_SUCCESS;
}

struct Operation {
    LocalProblem problem;
    ExchangeShape shape;
    Workspace workspace;
};

inline jsnormStatus_t plan(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                           jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                           int64_t ranks, ExchangeChoice choice, void *memory, Operation &planned) {
    const Exchange exchange = choice.of(ranks, planned.problem.channels);
    JSNORM_DISTRIBUTED_TRY(exchange_shape(planned.problem, ranks, exchange, planned.shape));
    return lay_out_workspace(handle, norm, x_desc, operation, planned.shape, memory,
                             planned.workspace);
}

// Collective: the same status on every rank. `given` is checked, copied to `args`, and every rank
// has asked for the same.
template <class Args>
jsnormStatus_t begin(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const Args *given,
                     jsnormOperation_t operation, Engine &engine, ExchangeChoice choice, Args &args,
                     Operation &begun) {
    Request request;
    request.status = copy_args(given, args);
    if (request.status == JSNORM_STATUS_SUCCESS) {
        request = make_request(handle, norm, args.x_desc, operation, given, JSNORM_BACKEND_CPU,
                               begun.problem);
    }
    if (request.status == JSNORM_STATUS_SUCCESS) {
        request.status = [&]() -> jsnormStatus_t {
            JSNORM_DISTRIBUTED_TRY(plan(handle, norm, args.x_desc, operation, engine.size(), choice,
                                        args.workspace, begun));
            return check_workspace(args, begun.workspace.bytes);
        }();
    }
    return agree(engine, request);
}

}  // namespace jsnorm::distributed
