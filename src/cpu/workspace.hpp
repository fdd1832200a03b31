// SPDX-License-Identifier: Apache-2.0
// How the CPU backend cuts up the caller's workspace: a pure function of problem and operation.
#pragma once

#include "src/core/problem.hpp"

namespace jsnorm::cpu {

// Byte offsets of the arrays that an operation uses; arrays that it does not use take no bytes.
struct WorkspacePlan {
    size_t gamma = 0;               // P values of the type of arithmetic
    size_t beta = 0;                // P
    size_t mean = 0;                // one double per statistic
    size_t variance = 0;            // one double per statistic
    size_t shrunk_mean = 0;         // one double per statistic
    size_t shrunk_variance = 0;     // one double per statistic
    size_t rstd = 0;                // one double per statistic
    size_t forward = 0;             // forward coefficients of each cell
    size_t backward = 0;            // backward coefficients of each cell
    size_t partials = 0;            // two doubles per chunk and cell
    size_t sums = 0;                // two doubles per cell
    size_t weighted = 0;            // two doubles per statistic
    size_t parameter_partials = 0;  // 2P values per row block
    size_t bytes = 0;
};

// Enough for x of this shape in any layout.
WorkspacePlan plan_workspace(const Problem &problem, jsnormOperation_t operation);

}  // namespace jsnorm::cpu
