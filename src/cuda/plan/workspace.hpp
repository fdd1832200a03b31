// SPDX-License-Identifier: Apache-2.0
// How the CUDA backend cuts up the caller's workspace: a pure function of problem and operation,
// the same for every device.
#pragma once

#include "src/core/problem.hpp"

namespace jsnorm::cuda {

// Byte offsets of the arrays that an operation uses; arrays that it does not use take no bytes.
struct Workspace {
    size_t gamma = 0;               // P values of the type of arithmetic, padded
    size_t beta = 0;                // P
    size_t mean = 0;                // one double per statistic
    size_t variance = 0;            // one double per statistic
    size_t shrunk_mean = 0;         // one double per statistic
    size_t shrunk_variance = 0;     // one double per statistic
    size_t forward = 0;             // forward coefficients of each cell
    size_t backward = 0;            // backward coefficients of each cell
    size_t partials = 0;            // two doubles per chunk and column
    size_t sums = 0;                // two doubles per cell
    size_t slices = 0;              // sums of slices of long vectors
    size_t gradient_slices = 0;     // the same of their gradients
    size_t parameter_partials = 0;  // 2P values per part
    size_t total_count = 0;         // an int64
    size_t bytes = 0;
};

// P, and as many entries more as kernels may read, or write in lane order.
int64_t padded_parameters(const Problem &problem);

// Enough for x of this shape in any layout.
Workspace plan_workspace(const Problem &problem, jsnormOperation_t operation);

}  // namespace jsnorm::cuda
