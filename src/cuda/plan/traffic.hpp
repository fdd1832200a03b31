// SPDX-License-Identifier: Apache-2.0
// The memory traffic of an operation on the CUDA backend, for jsnormGetMemoryTraffic: what its
// kernels ask for, every pass counted, however much of it a cache then answers.
#pragma once

#include "src/core/device.hpp"
#include "src/core/problem.hpp"

namespace jsnorm::cuda {

jsnormMemoryTraffic_t memory_traffic(const Problem &problem, const Layout &x,
                                     jsnormOperation_t operation, uint32_t tensors,
                                     const DeviceSpec &device);

}  // namespace jsnorm::cuda
