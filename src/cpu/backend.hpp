// SPDX-License-Identifier: Apache-2.0
// The operations of the CPU backend: checked calls in, results in memory when they return. They
// follow their plan and allocate nothing. workspace: as large as the plan says.
#pragma once

#include "src/core/calls.hpp"
#include "src/cpu/plan.hpp"

namespace jsnorm::cpu {

void run(const Plan &plan, const ForwardTrainingCall &call, void *workspace);
void run(const Plan &plan, const ForwardInferenceCall &call, void *workspace);
void run(const Plan &plan, const BackwardCall &call, void *workspace);
void run(const Plan &plan, const ForwardStatisticsCall &call, void *workspace);
void run(const Plan &plan, const ForwardFinalizeCall &call, void *workspace);
void run(const Plan &plan, const ForwardApplyCall &call, void *workspace);
void run(const Plan &plan, const BackwardReduceCall &call, void *workspace);
void run(const Plan &plan, const BackwardFinalizeCall &call, void *workspace);
void run(const Plan &plan, const BackwardApplyCall &call, void *workspace);

}  // namespace jsnorm::cpu
