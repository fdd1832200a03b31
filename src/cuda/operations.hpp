// SPDX-License-Identifier: Apache-2.0
// The operations of the CUDA backend: enqueue their kernels and return.
#pragma once

#include "src/core/backend.hpp"

namespace jsnorm::cuda {

jsnormStatus_t run(const Invocation &invocation, const ForwardTrainingCall &call);
jsnormStatus_t run(const Invocation &invocation, const ForwardInferenceCall &call);
jsnormStatus_t run(const Invocation &invocation, const BackwardCall &call);
jsnormStatus_t run(const Invocation &invocation, const ForwardStatisticsCall &call);
jsnormStatus_t run(const Invocation &invocation, const ForwardFinalizeCall &call);
jsnormStatus_t run(const Invocation &invocation, const ForwardApplyCall &call);
jsnormStatus_t run(const Invocation &invocation, const BackwardReduceCall &call);
jsnormStatus_t run(const Invocation &invocation, const BackwardFinalizeCall &call);
jsnormStatus_t run(const Invocation &invocation, const BackwardApplyCall &call);

}  // namespace jsnorm::cuda
