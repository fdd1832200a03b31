// SPDX-License-Identifier: Apache-2.0
// Into how many launches the steps of a finalize kernel (kernels/finalize/steps.cuh) go. No bit of
// a result depends on it.
#pragma once

#include "src/core/device.hpp"
#include "src/cuda/plan/plan.hpp"

namespace jsnorm::cuda {

// Blocks of the one launch that takes all steps: one block, or one cluster. 0: steps are so long
// that each gets a launch of its own. records: of a finalize phase.
int32_t finalize_blocks_of(const Plan &plan, int64_t records, const DeviceSpec &device);

}  // namespace jsnorm::cuda
