// SPDX-License-Identifier: Apache-2.0
// The memory traffic of an operation on the CPU backend, for jsnormGetMemoryTraffic.
#include "src/cpu/plan.hpp"

namespace jsnorm::cpu {

namespace {

Passes planned_passes(const Plan &plan, uint64_t residual) {
    Passes passes = least_passes(plan.problem, plan.operation, residual);
    if (!plan.schedule || plan.stays_in_cache) return passes;
    // The elementwise pass reads again what was reduced.
    const bool backward = !uses_sample(plan.problem, plan.operation);
    passes.tensors += backward ? 2 : 1;
    passes.masks += backward ? 1 : 0;
    return passes;
}

// Written once, read once.
uint64_t partial_sum_bytes(const Plan &plan) {
    if (!plan.inputs) return 0;
    const Problem &problem = plan.problem;
    constexpr uint64_t kPair = 2 * sizeof(double);
    uint64_t bytes = static_cast<uint64_t>(plan.inputs->cut.chunks) *
                     static_cast<uint64_t>(problem.cells) * kPair;
    if (reduces_gradient(plan.operation) && problem.parameter_per_element) {
        bytes += static_cast<uint64_t>(divide_up(problem.cells, kRowBlock)) * 2 *
                 static_cast<uint64_t>(problem.shape.parameters) * compute_bytes(problem.type);
    }
    return 2 * bytes;
}

}  // namespace

jsnormMemoryTraffic_t memory_traffic(const TrafficQuery &query, int threads) {
    if (query.problem.empty()) return {};
    const Plan plan = make_plan(request_of(query), threads);
    return jsnorm::memory_traffic(query, planned_passes(plan, query.residual()),
                                  partial_sum_bytes(plan));
}

}  // namespace jsnorm::cpu
