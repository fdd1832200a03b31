// SPDX-License-Identifier: Apache-2.0
// What one synchronized operation keeps in the caller's workspace.
#pragma once

#include <cstddef>

#include "src/distributed/carver.hpp"
#include "src/distributed/exchange.hpp"
#include "src/distributed/phases.hpp"

namespace jsnorm::distributed {

struct Workspace : PhaseMemory {
    ExchangeBuffers exchange;
    size_t bytes = 0;  // of all of it
};

// Bytes of what phases need in an operation.
struct PhaseSizes {
    size_t forward_coefficients = 0;
    size_t backward_coefficients = 0;  // 0: of forward
    size_t core = 0;
};
jsnormStatus_t phase_sizes(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                           jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                           PhaseSizes &sizes);
void carve_phase_memory(const PhaseSizes &sizes, int64_t channels, Carver &carver,
                        PhaseMemory &memory);

// Lays it out from `memory` on, of which NULL is allowed where the size alone is wanted.
jsnormStatus_t lay_out_workspace(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                                 const ExchangeShape &shape, void *memory, Workspace &workspace);

// The shape of the exchange of a problem; NOT_SUPPORTED_SHAPE where a message would have more than
// 2^31-1 words.
jsnormStatus_t exchange_shape(const LocalProblem &problem, int64_t ranks, Exchange exchange,
                              ExchangeShape &shape);

}  // namespace jsnorm::distributed
