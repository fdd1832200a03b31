// SPDX-License-Identifier: Apache-2.0
// The record of every rank -> the record of the whole, on every rank, all of it enqueued: NCCL
// moves words of 8 bytes and does no arithmetic on doubles.
#pragma once

#include <cstddef>
#include <optional>

#include "src/distributed/nccl/plan.hpp"
#include "src/distributed/workspace.hpp"

namespace jsnorm::distributed {

// What one operation keeps in the caller's workspace: device memory that the host never touches.
struct DeviceWorkspace : PhaseMemory {
    double *sent = nullptr;
    double *received = nullptr;
    size_t bytes = 0;
};

struct DeviceOperation {
    LocalProblem problem;
    ExchangeShape shape;
    DeviceStream on;
    DeviceWorkspace workspace;
};

// Without an exchange: the cheaper of a gather and the exchange by channel.
jsnormStatus_t plan_operation(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              const NcclPlan &plan, std::optional<Exchange> exchange, void *memory,
                              DeviceOperation &planned);

// Collective. workspace.record -> workspace.merged and workspace.total_count.
jsnormStatus_t exchange_records(const DeviceOperation &operation, const NcclPlan &plan,
                                Payload payload);

}  // namespace jsnorm::distributed
