// SPDX-License-Identifier: Apache-2.0
// How the CPU backend cuts up the caller's workspace: a pure function of problem and operation, the
// same for every layout of x and every number of threads.
#pragma once

#include "src/core/problem.hpp"
#include "src/core/workspace_layout.hpp"

namespace jsnorm::cpu {

enum class Array {
    kGamma,              // P values of the type of arithmetic
    kBeta,               // P
    kMean,               // a double for each statistic
    kVariance,           // a double for each statistic
    kShrunkMean,         // a double for each statistic
    kShrunkVariance,     // a double for each statistic
    kRstd,               // a double for each statistic
    kForward,            // forward coefficients of each cell
    kBackward,           // backward coefficients of each cell
    kPartials,           // two doubles for each chunk and cell
    kSums,               // two doubles for each cell
    kWeighted,           // two doubles for each statistic
    kParameterPartials,  // 2P values for each block of rows
    kCount
};
using Workspace = WorkspaceLayout<Array>;

Workspace plan_workspace(const Problem &problem, jsnormOperation_t operation);

}  // namespace jsnorm::cpu
