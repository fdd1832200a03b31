// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/nccl/operations.hpp"

#include "src/distributed/operation.hpp"

namespace jsnorm::distributed {

namespace {

// All checks, before anything is enqueued. `given` is copied to `args`.
template <class Args>
jsnormStatus_t begin(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const Args *given,
                     jsnormOperation_t operation, const NcclPlan &plan,
                     std::optional<Exchange> exchange, Args &args, DeviceOperation &begun) {
    JSNORM_DISTRIBUTED_TRY(copy_args(given, args));
    JSNORM_DISTRIBUTED_TRY(check_call(handle, norm, operation, given));
    JSNORM_DISTRIBUTED_TRY(plan_operation(handle, norm, args.x_desc, operation, plan, exchange,
                                          args.workspace, begun));
    return check_workspace(args, begun.workspace.bytes);
}

// The count of all ranks, for what comes before the exchange.
jsnormStatus_t add_counts(const DeviceOperation &operation, const NcclPlan &plan) {
    return of_nccl("ncclAllReduce",
                   ncclAllReduce(operation.workspace.record, operation.workspace.total_count, 1,
                                 ncclInt64, ncclSum, plan.comm, operation.on.stream));
}

// ReLU without a mask needs forward's coefficients once more.
jsnormStatus_t repeat_forward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormBackwardArgs_t &args, const DeviceOperation &operation,
                              const NcclPlan &plan) {
    const DeviceWorkspace &workspace = operation.workspace;
    JSNORM_DISTRIBUTED_TRY(add_counts(operation, plan));
    JSNORM_DISTRIBUTED_TRY(repeat_record(operation.on, operation.problem.channels, args.saved_mean,
                                         args.saved_variance,
                                         {workspace.merged, workspace.total_count}));
    return repeat_phase(handle, norm, args, workspace);
}

}  // namespace

jsnormStatus_t forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t *given, const NcclPlan &plan,
                                std::optional<Exchange> exchange) {
    jsnormForwardTrainingArgs_t args;
    DeviceOperation operation;
    JSNORM_DISTRIBUTED_TRY(
        begin(handle, norm, given, JSNORM_FORWARD_TRAINING, plan, exchange, args, operation));
    JSNORM_DISTRIBUTED_TRY(statistics_phase(handle, norm, args, operation.workspace));
    JSNORM_DISTRIBUTED_TRY(exchange_records(operation, plan, Payload::kMoments));
    JSNORM_DISTRIBUTED_TRY(finalize_phase(handle, norm, args, operation.workspace));
    return apply_phase(handle, norm, args, operation.workspace);
}

jsnormStatus_t backward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t *given, const NcclPlan &plan,
                        std::optional<Exchange> exchange) {
    jsnormBackwardArgs_t args;
    DeviceOperation operation;
    JSNORM_DISTRIBUTED_TRY(
        begin(handle, norm, given, JSNORM_BACKWARD, plan, exchange, args, operation));
    const LocalProblem &problem = operation.problem;
    const DeviceWorkspace &workspace = operation.workspace;
    JSNORM_DISTRIBUTED_TRY(write_header(operation.on, workspace.record, problem.elements,
                                        JSNORM_RECORD_SUMS, problem.channels));
    if (recomputes(problem, args)) {
        JSNORM_DISTRIBUTED_TRY(repeat_forward(handle, norm, args, operation, plan));
    }
    JSNORM_DISTRIBUTED_TRY(reduce_phase(handle, norm, args, problem, workspace));
    JSNORM_DISTRIBUTED_TRY(exchange_records(operation, plan, Payload::kSums));
    JSNORM_DISTRIBUTED_TRY(finalize_phase(handle, norm, args, workspace));
    return apply_phase(handle, norm, args, workspace);
}

jsnormStatus_t workspace_size(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              const NcclPlan &plan, std::optional<Exchange> exchange,
                              size_t *bytes) {
    JSNORM_DISTRIBUTED_TRY(check_size_query(operation, bytes));
    DeviceOperation planned;
    JSNORM_DISTRIBUTED_TRY(
        plan_operation(handle, norm, x_desc, operation, plan, exchange, nullptr, planned));
    *bytes = planned.workspace.bytes;
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
