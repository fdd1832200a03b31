// SPDX-License-Identifier: Apache-2.0
// The operations of the CUDA backend: each enqueues the kernels of its plan and returns.
#pragma once

#include "src/core/backend.hpp"
#include "src/cuda/plan/plan.hpp"

namespace jsnorm::cuda {

jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const ForwardTrainingCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const ForwardInferenceCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const BackwardCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const ForwardStatisticsCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const ForwardFinalizeCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const ForwardApplyCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const BackwardReduceCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const BackwardFinalizeCall &call);
jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const BackwardApplyCall &call);

}  // namespace jsnorm::cuda
