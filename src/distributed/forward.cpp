// SPDX-License-Identifier: Apache-2.0
// x -> y with the statistics of all ranks: own record, exchange, and the phases on what was merged.
#include "src/distributed/operation.hpp"

namespace jsnorm::distributed {

namespace {

jsnormStatus_t own_record(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                          const jsnormForwardTrainingArgs_t &args, const Workspace &workspace) {
    jsnormForwardStatisticsArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormForwardStatisticsArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.x = args.x;
    phase.record = workspace.record;
    phase.record_format = JSNORM_RECORD_MOMENTS;
    phase.workspace = workspace.core;
    phase.workspace_bytes = workspace.core_bytes;
    return of_core(jsnormForwardStatistics(handle, norm, &phase));
}

jsnormStatus_t finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormForwardTrainingArgs_t &args, const Workspace &workspace) {
    jsnormForwardFinalizeArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormForwardFinalizeArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.records = workspace.merged;
    phase.record_count = 1;
    phase.record_format = JSNORM_RECORD_MOMENTS;
    phase.saved_mean = args.saved_mean;
    phase.saved_variance = args.saved_variance;
    phase.shrunk_mean = args.shrunk_mean;
    phase.shrunk_variance = args.shrunk_variance;
    phase.running_desc = args.running_desc;
    phase.running_mean = args.running_mean;
    phase.running_variance = args.running_variance;
    phase.next_running_mean = args.next_running_mean;
    phase.next_running_variance = args.next_running_variance;
    phase.factor = args.factor;
    phase.step = args.step;
    phase.coefficients = workspace.forward_coefficients;
    phase.workspace = workspace.core;
    phase.workspace_bytes = workspace.core_bytes;
    return of_core(jsnormForwardFinalize(handle, norm, &phase));
}

jsnormStatus_t apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                     const jsnormForwardTrainingArgs_t &args, const Workspace &workspace) {
    jsnormForwardApplyArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormForwardApplyArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.x = args.x;
    phase.z_desc = args.z_desc;
    phase.z = args.z;
    phase.y_desc = args.y_desc;
    phase.y = args.y;
    phase.parameter_desc = args.parameter_desc;
    phase.gamma = args.gamma;
    phase.beta = args.beta;
    phase.coefficients = workspace.forward_coefficients;
    phase.mask = args.mask;
    phase.workspace = workspace.core;
    phase.workspace_bytes = workspace.core_bytes;
    return of_core(jsnormForwardApply(handle, norm, &phase));
}

}  // namespace

jsnormStatus_t forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t *given, Engine &engine,
                                ExchangeChoice choice) {
    jsnormForwardTrainingArgs_t args;
    Operation operation;
    JSNORM_DISTRIBUTED_TRY(
        begin(handle, norm, given, JSNORM_FORWARD_TRAINING, engine, choice, args, operation));
    const Workspace &workspace = operation.workspace;
    int64_t total = 0;
    JSNORM_DISTRIBUTED_TRY(agree_on_count(engine, own_record(handle, norm, args, workspace),
                                          operation.problem.elements, total));
    JSNORM_DISTRIBUTED_TRY(exchange_records(engine, operation.shape, Payload::kMoments,
                                            workspace.record, total, workspace.exchange,
                                            workspace.merged));
    JSNORM_DISTRIBUTED_TRY(finalize(handle, norm, args, workspace));
    return apply(handle, norm, args, workspace);
}

jsnormStatus_t workspace_size(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              int64_t ranks, ExchangeChoice choice, size_t *bytes) {
    JSNORM_DISTRIBUTED_REQUIRE(bytes != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                               "bytes is NULL");
    JSNORM_DISTRIBUTED_REQUIRE(
        operation == JSNORM_FORWARD_TRAINING || operation == JSNORM_BACKWARD,
        JSNORM_STATUS_BAD_PARAM,
        "operation = %d, but must be JSNORM_FORWARD_TRAINING or JSNORM_BACKWARD",
        static_cast<int>(operation));
    Operation planned;
    JSNORM_DISTRIBUTED_TRY(read_problem(handle, norm, x_desc, planned.problem));
    JSNORM_DISTRIBUTED_TRY(plan(handle, norm, x_desc, operation, ranks, choice, nullptr, planned));
    *bytes = planned.workspace.bytes;
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
