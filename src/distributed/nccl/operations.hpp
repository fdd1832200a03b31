// SPDX-License-Identifier: Apache-2.0
// The synchronized operations on the device. Collective: every rank calls them, also with an empty
// part. Without an exchange the cost model chooses.
#pragma once

#include <optional>

#include "src/distributed/nccl/device_exchange.hpp"

namespace jsnorm::distributed {

jsnormStatus_t forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t *given, const NcclPlan &plan,
                                std::optional<Exchange> exchange);

jsnormStatus_t backward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t *given, const NcclPlan &plan,
                        std::optional<Exchange> exchange);

// Not collective. operation: JSNORM_FORWARD_TRAINING or JSNORM_BACKWARD.
jsnormStatus_t workspace_size(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              const NcclPlan &plan, std::optional<Exchange> exchange,
                              size_t *bytes);

}  // namespace jsnorm::distributed
