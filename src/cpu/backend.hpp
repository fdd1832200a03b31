// SPDX-License-Identifier: Apache-2.0
// The operations of the CPU backend. They take checked calls, allocate nothing, and return when the
// results are in memory.
#pragma once

#include "src/core/calls.hpp"

namespace jsnorm::cpu {

// What a call may use: a workspace of plan_workspace().bytes, and up to this many threads.
struct Resources {
    void *workspace = nullptr;
    int threads = 1;
};

void forward_training(const Problem &problem, const ForwardTrainingCall &call, Resources resources);
void forward_inference(const Problem &problem, const ForwardInferenceCall &call,
                       Resources resources);
void backward(const Problem &problem, const BackwardCall &call, Resources resources);

void forward_statistics(const Problem &problem, const ForwardStatisticsCall &call,
                        Resources resources);
void forward_finalize(const Problem &problem, const ForwardFinalizeCall &call, Resources resources);
void forward_apply(const Problem &problem, const ForwardApplyCall &call, Resources resources);
void backward_reduce(const Problem &problem, const BackwardReduceCall &call, Resources resources);
void backward_finalize(const Problem &problem, const BackwardFinalizeCall &call,
                       Resources resources);
void backward_apply(const Problem &problem, const BackwardApplyCall &call, Resources resources);

}  // namespace jsnorm::cpu
