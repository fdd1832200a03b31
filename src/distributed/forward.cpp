// SPDX-License-Identifier: Apache-2.0
// x -> y with the statistics of all ranks: own record, exchange, and the phases on what was merged.
#include "src/distributed/operation.hpp"
#include "src/distributed/phases.hpp"

namespace jsnorm::distributed {

jsnormStatus_t forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t *given, Engine &engine,
                                ExchangeChoice choice) {
    jsnormForwardTrainingArgs_t args;
    Operation operation;
    JSNORM_DISTRIBUTED_TRY(
        begin(handle, norm, given, JSNORM_FORWARD_TRAINING, engine, choice, args, operation));
    const Workspace &workspace = operation.workspace;
    int64_t total = 0;
    JSNORM_DISTRIBUTED_TRY(agree_on_count(engine, statistics_phase(handle, norm, args, workspace),
                                          operation.problem.elements, total));
    JSNORM_DISTRIBUTED_TRY(exchange_records(engine, operation.shape, Payload::kMoments,
                                            workspace.record, total, workspace.exchange,
                                            workspace.merged));
    JSNORM_DISTRIBUTED_TRY(finalize_phase(handle, norm, args, workspace));
    return apply_phase(handle, norm, args, workspace);
}

jsnormStatus_t workspace_size(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              int64_t ranks, ExchangeChoice choice, size_t *bytes) {
    JSNORM_DISTRIBUTED_TRY(check_size_query(operation, bytes));
    Operation planned;
    JSNORM_DISTRIBUTED_TRY(read_problem(handle, norm, x_desc, JSNORM_BACKEND_CPU, planned.problem));
    JSNORM_DISTRIBUTED_TRY(plan(handle, norm, x_desc, operation, ranks, choice, nullptr, planned));
    *bytes = planned.workspace.bytes;
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
