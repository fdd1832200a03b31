// SPDX-License-Identifier: Apache-2.0
// The phases of the core between which ranks exchange, on the arguments of the fused operation.
// They enqueue what the core enqueues and nothing else: no engine, no memory of their own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "jsnorm/jsnorm.h"
#include "src/distributed/request.hpp"

namespace jsnorm::distributed {

// Memory of the handle's backend that phases hand to each other. Records have a header and two
// arrays (exchange.hpp).
struct PhaseMemory {
    void *record = nullptr;  // of this rank
    void *merged = nullptr;  // of all ranks
    int64_t *total_count = nullptr;
    void *forward_coefficients = nullptr;
    void *backward_coefficients = nullptr;  // of backward alone
    void *core = nullptr;                   // scratch of the phases, one after another
    size_t core_bytes = 0;
};

// x -> record.
jsnormStatus_t statistics_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t &args, const PhaseMemory &memory);
// merged -> statistics, running statistics and forward coefficients.
jsnormStatus_t finalize_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormForwardTrainingArgs_t &args, const PhaseMemory &memory);
// x -> y.
jsnormStatus_t apply_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                           const jsnormForwardTrainingArgs_t &args, const PhaseMemory &memory);

// Whether backward needs forward's coefficients: ReLU without a mask needs the sign of its result.
bool recomputes(const LocalProblem &problem, const jsnormBackwardArgs_t &args);
// merged, which holds what forward saved as moments -> forward coefficients.
jsnormStatus_t repeat_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                            const jsnormBackwardArgs_t &args, const PhaseMemory &memory);
// x, dy -> the arrays of record; its header is the caller's.
jsnormStatus_t reduce_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                            const jsnormBackwardArgs_t &args, const LocalProblem &problem,
                            const PhaseMemory &memory);
// merged, total_count -> dgamma, dbeta and backward coefficients.
jsnormStatus_t finalize_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormBackwardArgs_t &args, const PhaseMemory &memory);
// x, dy -> dx, dz.
jsnormStatus_t apply_phase(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                           const jsnormBackwardArgs_t &args, const PhaseMemory &memory);

}  // namespace jsnorm::distributed
