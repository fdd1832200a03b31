// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/workspace.hpp"

#include "kernels/math/limits.cuh"
#include "src/cuda/plan/scheme.hpp"

namespace jsnorm::cuda {

namespace {

constexpr size_t kAlignment = JSNORM_WORKSPACE_ALIGNMENT;
using gpu::kSliceStatistics;
constexpr size_t kSliceBytes = 64;
constexpr size_t kGradientSliceBytes = 32;

struct Needs {
    bool parameters;
    bool statistics;
    bool shrunk;
    bool forward;
    bool backward;
    bool partials;
    bool gradients;
    bool slices;
    bool total_count;
};

Needs needs_of(jsnormOperation_t operation) {
    switch (operation) {
        case JSNORM_FORWARD_TRAINING:
        case JSNORM_FORWARD_INFERENCE:
            return {true, true, false, true, false, true, false, true, false};
        case JSNORM_BACKWARD:
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            return {true, true, true, true, true, true, true, true, false};
        case JSNORM_FORWARD_STATISTICS:
            return {false, true, false, false, false, true, false, false, false};
        case JSNORM_FORWARD_FINALIZE:
            return {false, true, false, false, false, false, false, true, true};
        case JSNORM_BACKWARD_REDUCE:
            return {true, false, false, false, true, true, false, false, false};
        case JSNORM_BACKWARD_FINALIZE:
            return {true, false, true, false, false, false, false, true, false};
        default:  // JSNORM_FORWARD_APPLY, JSNORM_BACKWARD_APPLY
            return {true, false, false, false, false, false, false, false, false};
    }
}

}  // namespace

int64_t padded_parameters(const Problem &problem) {
    return gpu::round_up(problem.shape.parameters, gpu::kLaneOrderRun);
}

Workspace plan_workspace(const Problem &problem, jsnormOperation_t operation) {
    const Needs needs = needs_of(operation);
    const auto bytes = [](int64_t count, size_t size) { return static_cast<size_t>(count) * size; };
    const size_t value = compute_bytes(problem.type);
    const int64_t statistics = problem.statistics_total();
    const int64_t slices =
        problem.statistics > kSliceStatistics
            ? problem.groups * ((problem.statistics + kSliceStatistics - 1) / kSliceStatistics)
            : 0;
    const int64_t parts = problem.parameter_per_element ? max_parts(problem) : 0;

    Workspace plan;
    const auto take = [&plan](size_t &offset, bool needed, size_t size) {
        offset = plan.bytes;
        if (needed) plan.bytes += (size + kAlignment - 1) / kAlignment * kAlignment;
    };
    take(plan.gamma, needs.parameters, bytes(padded_parameters(problem), value));
    take(plan.beta, needs.parameters, bytes(padded_parameters(problem), value));
    take(plan.mean, needs.statistics, bytes(statistics, sizeof(double)));
    take(plan.variance, needs.statistics, bytes(statistics, sizeof(double)));
    take(plan.shrunk_mean, needs.shrunk, bytes(statistics, sizeof(double)));
    take(plan.shrunk_variance, needs.shrunk, bytes(statistics, sizeof(double)));
    take(plan.forward, needs.forward, bytes(3 * problem.cells, value));
    take(plan.backward, needs.backward, bytes(5 * problem.cells, value));
    take(plan.partials, needs.partials, bytes(max_partials(problem), 2 * sizeof(double)));
    take(plan.sums, needs.gradients, bytes(problem.cells, 2 * sizeof(double)));
    take(plan.slices, needs.slices, bytes(slices, kSliceBytes));
    take(plan.gradient_slices, needs.slices, bytes(slices, kGradientSliceBytes));
    take(plan.parameter_partials, needs.gradients,
         bytes(parts * 2 * problem.shape.parameters, value));
    take(plan.total_count, needs.total_count, sizeof(int64_t));
    return plan;
}

}  // namespace jsnorm::cuda
