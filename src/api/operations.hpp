// SPDX-License-Identifier: Apache-2.0
// Every operation behind its public function: checks the caller's struct and hands it to the
// backend. With `description` the plan is described in place of being run, and the workspace is not
// looked at.
#pragma once

#include "jsnorm/jsnorm.h"
#include "src/core/text.hpp"

namespace jsnorm {

jsnormStatus_t forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t *given, Text *description);
jsnormStatus_t forward_inference(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 const jsnormForwardInferenceArgs_t *given, Text *description);
jsnormStatus_t forward_apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                             const jsnormForwardApplyArgs_t *given, Text *description);
jsnormStatus_t backward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t *given, Text *description);
jsnormStatus_t backward_fixed_statistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                         const jsnormBackwardFixedStatisticsArgs_t *given,
                                         Text *description);
jsnormStatus_t backward_apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormBackwardApplyArgs_t *given, Text *description);
jsnormStatus_t forward_statistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                  const jsnormForwardStatisticsArgs_t *given, Text *description);
jsnormStatus_t forward_finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardFinalizeArgs_t *given, Text *description);
jsnormStatus_t backward_reduce(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                               const jsnormBackwardReduceArgs_t *given, Text *description);
jsnormStatus_t backward_finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 const jsnormBackwardFinalizeArgs_t *given, Text *description);

}  // namespace jsnorm
