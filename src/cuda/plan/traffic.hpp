// SPDX-License-Identifier: Apache-2.0
// The memory traffic of an operation on the CUDA backend: what the kernels of a plan request, every
// pass counted, whether a cache then answers or not.
#pragma once

#include "src/cuda/plan/plan.hpp"

namespace jsnorm::cuda {

// Passes over tensors and over the mask.
Passes planned_passes(const Plan &plan, uint64_t residual);

// Partial results, written and read.
uint64_t partial_sum_bytes(const Plan &plan);

// For jsnormGetMemoryTraffic.
jsnormMemoryTraffic_t memory_traffic(const TrafficQuery &query, const DeviceSpec &device);

// Parameters, statistics and coefficients as often as kernels load and store them: a strip of
// columns loads those of its columns once for each chunk; the lanes of a row load theirs for each
// tile; gamma and beta of elements are loaded once for each block, or with each row where a block
// cannot hold them. The executor's counts are compared with it.
uint64_t requested_parameter_bytes(const Plan &plan, const DeviceSpec &device);

}  // namespace jsnorm::cuda
