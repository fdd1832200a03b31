// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/plan.hpp"

#include <algorithm>

#include "src/cpu/cache_share.hpp"

namespace jsnorm::cpu {

namespace {

int64_t bytes_of_tensor(const Problem &problem) {
    return problem.cells * problem.cell_elements * static_cast<int64_t>(bytes_of(problem.type));
}

Traversal traversal_of(const Problem &problem, std::initializer_list<const Layout *> tensors) {
    return Traversal(problem, make_view(problem, tensors));
}

// Both passes, group by group or one after the other.
void plan_passes(const Request &request, int threads, Traversal inputs, Plan &plan) {
    const bool fixed = request.operation == JSNORM_BACKWARD_FIXED_STATISTICS;
    plan.problem = as_scheduled(plan.problem, inputs, threads, fixed);
    plan.threads = threads_for(plan.problem, threads);
    const Schedule schedule(plan.problem, inputs, plan.threads);
    const int64_t at_a_time = schedule.elements_at_once();
    plan.stays_in_cache = schedule.group_by_group() && at_a_time < request.x.layout.elements() &&
                          stay_in_cache(plan.problem, inputs, threads, at_a_time);
    plan.schedule = schedule;
    plan.inputs = std::move(inputs);
}

}  // namespace

Plan make_plan(const Request &request, int threads) {
    Plan plan;
    plan.operation = request.operation;
    plan.problem = *request.problem;
    const Problem &problem = *request.problem;
    const Layout &x = request.x.layout;
    plan.threads = threads_for(problem, threads);
    plan.workspace = plan_workspace(problem, request.operation);
    if (problem.empty()) return plan;
    if (uses_sample(problem, request.operation)) {
        plan_passes(request, threads, traversal_of(problem, {&x}), plan);
    } else if (request.operation == JSNORM_BACKWARD ||
               request.operation == JSNORM_BACKWARD_FIXED_STATISTICS) {
        plan_passes(request, threads, traversal_of(problem, {&x, &request.dy.layout}), plan);
    } else if (request.operation == JSNORM_FORWARD_STATISTICS) {
        plan.inputs = traversal_of(problem, {&x});
    } else if (request.operation == JSNORM_BACKWARD_REDUCE) {
        plan.inputs = traversal_of(problem, {&x, &request.dy.layout});
    }
    if (request.y.given) {
        plan.elements = traversal_of(plan.problem, {&x, &request.z.layout, &request.y.layout});
    } else if (request.dx.given || request.dz.given) {
        plan.elements = traversal_of(
            plan.problem, {&x, &request.dy.layout, &request.dx.layout, &request.dz.layout});
    }
    // An output that the last-level cache cannot hold beside x comes from memory again anyway.
    plan.past_cache = 2 * bytes_of_tensor(problem) > cache_share().bytes_for(plan.threads);
    constexpr int64_t kThreadBytes = 2 * 1024 * 1024;
    plan.near = bytes_of_tensor(problem) <= plan.threads * kThreadBytes;
    return plan;
}

void describe(const Plan &plan, Text &text) {
    text.add("CPU: %d threads", plan.threads);
    if (plan.schedule) {
        text.add(plan.schedule->group_by_group() ? ", groups one after the other, %s"
                                                 : ", pass by pass over all groups, %s",
                 plan.stays_in_cache ? "x is read from memory once" : "every pass reads x");
    }
    text.add("\n");
    const auto pass = [&](const char *name, const std::optional<Traversal> &traversal) {
        if (!traversal) return;
        text.add("%s: %s, %s, %lld chunks of %lld cells\n", name,
                 traversal->cut.columns ? "columns" : "rows",
                 traversal->regular ? "vectors as they lie" : "gathered by elements",
                 static_cast<long long>(traversal->cut.chunks),
                 static_cast<long long>(std::min(traversal->block, plan.problem.cells)));
    };
    pass("sums", plan.inputs);
    pass("elements", plan.elements);
    if (plan.elements) {
        const CacheShare &cache = cache_share();
        text.add("outputs: stored %s (last-level cache: %lld KiB for these threads",
                 plan.past_cache ? "past the caches" : "through the caches",
                 static_cast<long long>(cache.bytes_for(plan.threads) / 1024));
        if (cache.reported > 0) {
            text.add("; the system reports %lld KiB",
                     static_cast<long long>(cache.reported / 1024));
        }
        text.add(")\n");
    }
    text.add("workspace: %zu bytes\n", plan.workspace.bytes());
}

}  // namespace jsnorm::cpu
