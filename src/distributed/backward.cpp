// SPDX-License-Identifier: Apache-2.0
// The gradient through the statistics of all ranks: own sums, exchange, and the phases on what was
// added.
#include "src/distributed/operation.hpp"
#include "src/distributed/phases.hpp"
#include "src/distributed/sum_of_squares.hpp"

namespace jsnorm::distributed {

namespace {

// Forward's coefficients once more, from what forward saved: ReLU without a mask needs the sign of
// its result.
jsnormStatus_t repeat_coefficients(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                   const jsnormBackwardArgs_t &args, int64_t channels,
                                   const Workspace &workspace) {
    const int64_t total = *workspace.total_count;
    *static_cast<jsnormRecordHeader_t *>(workspace.merged) = {total, JSNORM_RECORD_MOMENTS,
                                                              static_cast<int32_t>(channels)};
    double *mean = first_array(workspace.merged);
    for (int64_t k = 0; k < channels; ++k) {
        mean[k] = args.saved_mean[k];
        mean[channels + k] = sum_of_squares(args.saved_variance[k], static_cast<double>(total));
    }
    return repeat_phase(handle, norm, args, workspace);
}

jsnormStatus_t own_sums(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t &args, const LocalProblem &problem,
                        const Workspace &workspace) {
    if (recomputes(problem, args)) {
        JSNORM_DISTRIBUTED_TRY(
            repeat_coefficients(handle, norm, args, problem.channels, workspace));
    }
    *static_cast<jsnormRecordHeader_t *>(workspace.record) = {
        problem.elements, JSNORM_RECORD_SUMS, static_cast<int32_t>(problem.channels)};
    return reduce_phase(handle, norm, args, problem, workspace);
}

}  // namespace

jsnormStatus_t backward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t *given, Engine &engine, ExchangeChoice choice) {
    jsnormBackwardArgs_t args;
    Operation operation;
    JSNORM_DISTRIBUTED_TRY(
        begin(handle, norm, given, JSNORM_BACKWARD, engine, choice, args, operation));
    const Workspace &workspace = operation.workspace;
    int64_t &total = *workspace.total_count;
    JSNORM_DISTRIBUTED_TRY(
        agree_on_count(engine, JSNORM_STATUS_SUCCESS, operation.problem.elements, total));
    const jsnormStatus_t status = own_sums(handle, norm, args, operation.problem, workspace);
    JSNORM_DISTRIBUTED_TRY(agree_on_count(engine, status, operation.problem.elements, total));
    JSNORM_DISTRIBUTED_TRY(exchange_records(engine, operation.shape, Payload::kSums,
                                            workspace.record, total, workspace.exchange,
                                            workspace.merged));
    JSNORM_DISTRIBUTED_TRY(finalize_phase(handle, norm, args, workspace));
    return apply_phase(handle, norm, args, workspace);
}

}  // namespace jsnorm::distributed
