// SPDX-License-Identifier: Apache-2.0
// The memory traffic of an operation on the CPU backend, for jsnormGetMemoryTraffic.
#pragma once

#include "src/core/problem.hpp"

namespace jsnorm::cpu {

jsnormMemoryTraffic_t memory_traffic(const Problem &problem, const Layout &x,
                                     jsnormOperation_t operation, uint32_t tensors, int threads);

}  // namespace jsnorm::cpu
