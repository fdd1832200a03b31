// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/finalize.hpp"

#include <algorithm>

#include "src/cuda/plan/tuning.hpp"

namespace jsnorm::cuda {

namespace {

// The most bytes that one step reads or writes.
uint64_t longest_step(const Plan &plan, int64_t records) {
    constexpr int64_t kPair = 2 * sizeof(double);
    constexpr int64_t kCoefficients = 8;  // forward and backward, of a cell
    const Problem &problem = plan.problem;
    const auto value = static_cast<int64_t>(compute_bytes(problem.type));
    int64_t bytes = problem.cells * std::max(kPair, kCoefficients * value);
    bytes = std::max(bytes, records * problem.statistics_total() * kPair);
    if (plan.sums) bytes = std::max(bytes, plan.sums->tree.partials(problem) * kPair);
    if (plan.element_gradients) {
        bytes = std::max(bytes, plan.parts.count * 2 * problem.shape.parameters * value);
    }
    if (problem.parameter_per_element) {
        bytes = std::max(bytes, 2 * padded_parameters(problem) * value);
    }
    if (plan.mask_write == MaskWrite::kMergedBits) {
        bytes = std::max(bytes, problem.cells * problem.cell_elements / 8);
    }
    return static_cast<uint64_t>(bytes);
}

}  // namespace

int32_t finalize_blocks_of(const Plan &plan, int64_t records, const DeviceSpec &device) {
    const uint64_t bytes = longest_step(plan, records);
    if (bytes <= kBytesOfShortStep) return 1;
    if (device.cluster_blocks > 1) {
        const auto blocks = static_cast<uint64_t>(device.cluster_blocks);
        return bytes <= blocks * kBytesOfClusterBlock ? device.cluster_blocks : 0;
    }
    return bytes <= kBytesOfLoneBlock ? 1 : 0;
}

}  // namespace jsnorm::cuda
