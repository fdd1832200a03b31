// SPDX-License-Identifier: Apache-2.0
// What a backend's plan is made from: the problem, where the tensors of a call lie, and which
// optional ones there are. Contents do not matter.
#pragma once

#include "src/core/calls.hpp"
#include "src/core/text.hpp"
#include "src/core/traffic.hpp"

namespace jsnorm {

struct TensorPlace {
    Layout layout;
    bool given = false;
    bool aligned = true;  // to 16 bytes; true where it is not given
};

struct Request {
    const Problem *problem = nullptr;
    jsnormOperation_t operation = JSNORM_FORWARD_TRAINING;
    TensorPlace x, z, y, dy, dx, dz;
    bool mask = false;
    bool parameter_gradients = false;  // dgamma or dbeta
    int64_t records = 0;               // that a finalize phase takes
};

bool is_aligned(const void *pointer);

Request request_of(const Problem &problem, const ForwardTrainingCall &call);
Request request_of(const Problem &problem, const ForwardInferenceCall &call);
Request request_of(const Problem &problem, const BackwardCall &call);
Request request_of(const Problem &problem, const ForwardStatisticsCall &call);
Request request_of(const Problem &problem, const ForwardFinalizeCall &call);
Request request_of(const Problem &problem, const ForwardApplyCall &call);
Request request_of(const Problem &problem, const BackwardReduceCall &call);
Request request_of(const Problem &problem, const BackwardFinalizeCall &call);
Request request_of(const Problem &problem, const BackwardApplyCall &call);

// All tensors are laid out as x, and aligned.
Request request_of(const TrafficQuery &query);

// The lines of a plan's description that do not depend on the backend: operation, norm, shape,
// tensors.
void describe(const Request &request, Text &text);

}  // namespace jsnorm
