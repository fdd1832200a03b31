// SPDX-License-Identifier: Apache-2.0
// The gradient through the statistics of all ranks: own sums, exchange, and the phases on what was
// added.
#include <cmath>
#include <limits>

#include "src/distributed/operation.hpp"

namespace jsnorm::distributed {

namespace {

// An M2 of which M2 / count is the variance to the last bit, if there is one: there is where the
// variance was made that way. The product may be off by a rounding; a neighbour is then right.
double sum_of_squares(double variance, double count) {
    const double product = variance * count;
    if (!(count > 0) || product / count == variance) return product;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const double towards : {kInfinity, -kInfinity}) {
        const double neighbour = std::nextafter(product, towards);
        if (neighbour / count == variance) return neighbour;
    }
    return product;
}

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
    jsnormForwardFinalizeArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormForwardFinalizeArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.records = workspace.merged;
    phase.record_count = 1;
    phase.record_format = JSNORM_RECORD_MOMENTS;
    phase.coefficients = workspace.forward_coefficients;
    phase.workspace = workspace.core;
    phase.workspace_bytes = workspace.core_bytes;
    return of_core(jsnormForwardFinalize(handle, norm, &phase));
}

jsnormStatus_t own_sums(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t &args, const LocalProblem &problem,
                        const Workspace &workspace) {
    const bool recomputes = problem.activation == JSNORM_ACTIVATION_RELU && args.mask == nullptr;
    if (recomputes) {
        JSNORM_DISTRIBUTED_TRY(
            repeat_coefficients(handle, norm, args, problem.channels, workspace));
    }
    *static_cast<jsnormRecordHeader_t *>(workspace.record) = {
        problem.elements, JSNORM_RECORD_SUMS, static_cast<int32_t>(problem.channels)};
    jsnormBackwardReduceArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormBackwardReduceArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.x = args.x;
    phase.dy_desc = args.dy_desc;
    phase.dy = args.dy;
    phase.parameter_desc = args.parameter_desc;
    phase.gamma = args.gamma;
    phase.beta = args.beta;
    phase.saved_mean = args.saved_mean;
    phase.coefficients = recomputes ? workspace.forward_coefficients : nullptr;
    phase.mask = args.mask;
    phase.sums = first_array(workspace.record);
    phase.workspace = workspace.core;
    phase.workspace_bytes = workspace.core_bytes;
    return of_core(jsnormBackwardReduce(handle, norm, &phase));
}

jsnormStatus_t finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t &args, const Workspace &workspace) {
    jsnormBackwardFinalizeArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormBackwardFinalizeArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.local_sums = first_array(workspace.record);
    phase.global_sums = first_array(workspace.merged);
    phase.record_count = 1;
    phase.total_count = workspace.total_count;
    phase.parameter_desc = args.parameter_desc;
    phase.gamma = args.gamma;
    phase.saved_mean = args.saved_mean;
    phase.saved_variance = args.saved_variance;
    phase.dgamma = args.dgamma;
    phase.dbeta = args.dbeta;
    phase.coefficients = workspace.backward_coefficients;
    phase.workspace = workspace.core;
    phase.workspace_bytes = workspace.core_bytes;
    return of_core(jsnormBackwardFinalize(handle, norm, &phase));
}

jsnormStatus_t apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                     const jsnormBackwardArgs_t &args, const Workspace &workspace) {
    if (args.dx == nullptr && args.dz == nullptr) return JSNORM_STATUS_SUCCESS;
    jsnormBackwardApplyArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormBackwardApplyArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.x = args.x;
    phase.dy_desc = args.dy_desc;
    phase.dy = args.dy;
    phase.parameter_desc = args.parameter_desc;
    phase.gamma = args.gamma;
    phase.beta = args.beta;
    phase.forward_coefficients = workspace.forward_coefficients;
    phase.backward_coefficients = workspace.backward_coefficients;
    phase.mask = args.mask;
    phase.dx_desc = args.dx_desc;
    phase.dx = args.dx;
    phase.dz_desc = args.dz_desc;
    phase.dz = args.dz;
    phase.workspace = workspace.core;
    phase.workspace_bytes = workspace.core_bytes;
    return of_core(jsnormBackwardApply(handle, norm, &phase));
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
    JSNORM_DISTRIBUTED_TRY(finalize(handle, norm, args, workspace));
    return apply(handle, norm, args, workspace);
}

}  // namespace jsnorm::distributed
