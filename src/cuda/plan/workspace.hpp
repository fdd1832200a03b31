// SPDX-License-Identifier: Apache-2.0
// How the CUDA backend cuts up the caller's workspace: a pure function of problem and operation,
// the same for every device, every layout of x and every plan.
#pragma once

#include "src/core/problem.hpp"
#include "src/core/workspace_layout.hpp"

namespace jsnorm::cuda {

enum class Array {
    kGamma,              // P values of the type of arithmetic, padded, if they belong to elements
    kBeta,               // P
    kMean,               // a double for each statistic
    kVariance,           // a double for each statistic
    kShrunkMean,         // a double for each statistic
    kShrunkVariance,     // a double for each statistic
    kForward,            // forward coefficients of each cell
    kBackward,           // backward coefficients of each cell
    kPartials,           // two doubles for each chunk and column
    kSums,               // two doubles for each cell
    kSlices,             // sums of slices of long vectors
    kGradientSlices,     // sums of slices of their gradients
    kParameterPartials,  // 2P values for each part
    kTotalCount,         // an int64
    kCount
};
using Workspace = WorkspaceLayout<Array>;

// P, and as many entries more as kernels may read, or write in lane order.
int64_t padded_parameters(const Problem &problem);

// The most that any plan for x of this shape needs.
Workspace plan_workspace(const Problem &problem, jsnormOperation_t operation);

}  // namespace jsnorm::cuda
