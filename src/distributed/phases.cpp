// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/phases.hpp"

#include "src/distributed/error.hpp"
#include "src/distributed/exchange.hpp"

namespace jsnorm::distributed {

jsnormStatus_t statistics_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t &args,
                                const PhaseMemory &memory) {
    jsnormForwardStatisticsArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormForwardStatisticsArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.x = args.x;
    phase.record = memory.record;
    phase.record_format = JSNORM_RECORD_MOMENTS;
    phase.workspace = memory.core;
    phase.workspace_bytes = memory.core_bytes;
    return of_core(jsnormForwardStatistics(handle, norm, &phase));
}

jsnormStatus_t finalize_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormForwardTrainingArgs_t &args, const PhaseMemory &memory) {
    jsnormForwardFinalizeArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormForwardFinalizeArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.records = memory.merged;
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
    phase.coefficients = memory.forward_coefficients;
    phase.workspace = memory.core;
    phase.workspace_bytes = memory.core_bytes;
    return of_core(jsnormForwardFinalize(handle, norm, &phase));
}

jsnormStatus_t apply_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                           const jsnormForwardTrainingArgs_t &args, const PhaseMemory &memory) {
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
    phase.coefficients = memory.forward_coefficients;
    phase.mask = args.mask;
    phase.workspace = memory.core;
    phase.workspace_bytes = memory.core_bytes;
    return of_core(jsnormForwardApply(handle, norm, &phase));
}

bool recomputes(const LocalProblem &problem, const jsnormBackwardArgs_t &args) {
    return problem.activation == JSNORM_ACTIVATION_RELU && args.mask == nullptr;
}

jsnormStatus_t repeat_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                            const jsnormBackwardArgs_t &args, const PhaseMemory &memory) {
    jsnormForwardFinalizeArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormForwardFinalizeArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.records = memory.merged;
    phase.record_count = 1;
    phase.record_format = JSNORM_RECORD_MOMENTS;
    phase.coefficients = memory.forward_coefficients;
    phase.workspace = memory.core;
    phase.workspace_bytes = memory.core_bytes;
    return of_core(jsnormForwardFinalize(handle, norm, &phase));
}

jsnormStatus_t reduce_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                            const jsnormBackwardArgs_t &args, const LocalProblem &problem,
                            const PhaseMemory &memory) {
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
    phase.coefficients = recomputes(problem, args) ? memory.forward_coefficients : nullptr;
    phase.mask = args.mask;
    phase.sums = first_array(memory.record);
    phase.workspace = memory.core;
    phase.workspace_bytes = memory.core_bytes;
    return of_core(jsnormBackwardReduce(handle, norm, &phase));
}

jsnormStatus_t finalize_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormBackwardArgs_t &args, const PhaseMemory &memory) {
    jsnormBackwardFinalizeArgs_t phase;
    JSNORM_DISTRIBUTED_CORE(jsnormBackwardFinalizeArgsInit(&phase, sizeof phase));
    phase.x_desc = args.x_desc;
    phase.local_sums = first_array(memory.record);
    phase.global_sums = first_array(memory.merged);
    phase.record_count = 1;
    phase.total_count = memory.total_count;
    phase.parameter_desc = args.parameter_desc;
    phase.gamma = args.gamma;
    phase.saved_mean = args.saved_mean;
    phase.saved_variance = args.saved_variance;
    phase.dgamma = args.dgamma;
    phase.dbeta = args.dbeta;
    phase.coefficients = memory.backward_coefficients;
    phase.workspace = memory.core;
    phase.workspace_bytes = memory.core_bytes;
    return of_core(jsnormBackwardFinalize(handle, norm, &phase));
}

jsnormStatus_t apply_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                           const jsnormBackwardArgs_t &args, const PhaseMemory &memory) {
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
    phase.forward_coefficients = memory.forward_coefficients;
    phase.backward_coefficients = memory.backward_coefficients;
    phase.mask = args.mask;
    phase.dx_desc = args.dx_desc;
    phase.dx = args.dx;
    phase.dz_desc = args.dz_desc;
    phase.dz = args.dz;
    phase.workspace = memory.core;
    phase.workspace_bytes = memory.core_bytes;
    return of_core(jsnormBackwardApply(handle, norm, &phase));
}

}  // namespace jsnorm::distributed
