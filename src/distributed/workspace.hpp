// SPDX-License-Identifier: Apache-2.0
// What one synchronized operation keeps in the caller's workspace.
#pragma once

#include <cstddef>

#include "src/distributed/exchange.hpp"
#include "src/distributed/request.hpp"

namespace jsnorm::distributed {

struct Workspace {
    void *record = nullptr;  // of this rank
    void *merged = nullptr;  // of all ranks
    ExchangeBuffers exchange;
    int64_t *total_count = nullptr;
    void *forward_coefficients = nullptr;
    void *backward_coefficients = nullptr;  // of backward alone
    void *core = nullptr;                   // for the phases, one after another
    size_t core_bytes = 0;
    size_t bytes = 0;  // of all of it
};

// Lays it out from `memory` on, of which NULL is allowed where the size alone is wanted.
jsnormStatus_t lay_out_workspace(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                                 const ExchangeShape &shape, void *memory, Workspace &workspace);

// The shape of the exchange of a problem; NOT_SUPPORTED_SHAPE where a message would have more than
// 2^31-1 words.
jsnormStatus_t exchange_shape(const LocalProblem &problem, int64_t ranks, Exchange exchange,
                              ExchangeShape &shape);

}  // namespace jsnorm::distributed
