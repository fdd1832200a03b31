// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/workspace.hpp"

#include <algorithm>

#include "src/cpu/cut.hpp"

namespace jsnorm::cpu {

namespace {

constexpr size_t kAlignment = JSNORM_WORKSPACE_ALIGNMENT;

struct Needs {
    bool parameters;
    bool statistics;
    bool shrunk;
    bool forward;
    bool backward;
    bool partials;
    bool gradients;
};

Needs needs_of(jsnormOperation_t operation) {
    switch (operation) {
        case JSNORM_FORWARD_TRAINING:
        case JSNORM_FORWARD_INFERENCE:
            return {true, true, true, true, false, true, false};
        case JSNORM_BACKWARD:
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            return {true, true, true, true, true, true, true};
        case JSNORM_FORWARD_STATISTICS:
            return {false, true, false, false, false, true, false};
        case JSNORM_FORWARD_FINALIZE:
            return {false, true, true, false, false, false, false};
        case JSNORM_FORWARD_APPLY:
            return {true, false, false, false, false, false, false};
        case JSNORM_BACKWARD_REDUCE:
            return {true, false, false, false, true, true, true};
        case JSNORM_BACKWARD_FINALIZE:
            return {true, false, true, false, false, false, true};
        default:  // JSNORM_BACKWARD_APPLY
            return {true, false, false, false, false, false, false};
    }
}

}  // namespace

WorkspacePlan plan_workspace(const Problem &problem, jsnormOperation_t operation) {
    const Needs needs = needs_of(operation);
    const auto bytes = [](int64_t count, size_t size) { return static_cast<size_t>(count) * size; };
    const size_t value = compute_bytes(problem.type);
    // Rows and columns are cut differently: enough for both.
    const int64_t chunks = std::max(Cut(problem, true).chunks, Cut(problem, false).chunks);
    const int64_t row_blocks =
        problem.parameter_per_element ? divide_up(problem.cells, kRowBlock) : 0;
    const int64_t statistics = problem.statistics_total();

    WorkspacePlan plan;
    const auto take = [&plan](size_t &offset, bool needed, size_t size) {
        offset = plan.bytes;
        if (needed) plan.bytes += (size + kAlignment - 1) / kAlignment * kAlignment;
    };
    take(plan.gamma, needs.parameters, bytes(problem.shape.parameters, value));
    take(plan.beta, needs.parameters, bytes(problem.shape.parameters, value));
    take(plan.mean, needs.statistics, bytes(statistics, sizeof(double)));
    take(plan.variance, needs.statistics, bytes(statistics, sizeof(double)));
    take(plan.shrunk_mean, needs.shrunk, bytes(statistics, sizeof(double)));
    take(plan.shrunk_variance, needs.shrunk, bytes(statistics, sizeof(double)));
    take(plan.rstd, needs.shrunk, bytes(statistics, sizeof(double)));
    take(plan.forward, needs.forward, bytes(3 * problem.cells, value));
    take(plan.backward, needs.backward, bytes(5 * problem.cells, value));
    take(plan.partials, needs.partials, bytes(chunks * problem.cells, 2 * sizeof(double)));
    take(plan.sums, needs.gradients, bytes(problem.cells, 2 * sizeof(double)));
    take(plan.weighted, needs.gradients, bytes(statistics, 2 * sizeof(double)));
    take(plan.parameter_partials, needs.gradients,
         bytes(row_blocks * 2 * problem.shape.parameters, value));
    return plan;
}

}  // namespace jsnorm::cpu
