// SPDX-License-Identifier: Apache-2.0
// The CPU backend as the API sees it.
#include <algorithm>
#include <thread>

#include "src/core/backend.hpp"
#include "src/cpu/backend.hpp"
#include "src/cpu/cache_share.hpp"
#include "src/cpu/parallel.hpp"
#include "src/cpu/reachable.hpp"

namespace jsnorm {

namespace {

int threads_of(const jsnormHandleStruct &handle) {
    if (handle.thread_count > 0) return handle.thread_count;
    if (handle.parallel_for == nullptr) return cpu::default_thread_count();
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

class CpuBackend final : public Backend {
  public:
    jsnormBackend_t kind() const override { return JSNORM_BACKEND_CPU; }
    // Looks at the system now: an operation allocates nothing.
    jsnormStatus_t open(jsnormHandleStruct &) const override {
        cpu::cache_share();
        return JSNORM_STATUS_SUCCESS;
    }
    jsnormStatus_t warm(const jsnormHandleStruct &handle) const override {
        if (handle.parallel_for == nullptr) cpu::warm_threads(threads_of(handle));
        return JSNORM_STATUS_SUCCESS;
    }
    size_t workspace_bytes(const jsnormHandleStruct *, const Problem &problem,
                           jsnormOperation_t operation) const override {
        return cpu::plan_workspace(problem, operation).bytes();
    }
    jsnormMemoryTraffic_t memory_traffic(const jsnormHandleStruct &handle,
                                         const TrafficQuery &query) const override {
        return cpu::memory_traffic(query, threads_of(handle));
    }
    bool reaches(const jsnormHandleStruct &, const void *first, const void *last) const override {
        return cpu::is_reachable(first) && cpu::is_reachable(last);
    }

    jsnormStatus_t run(const Invocation &invocation, const Call &call) const override {
        const FloatEnvironment environment;
        const jsnormHandleStruct &handle = *invocation.handle;
        const cpu::RunnerScope scope({handle.parallel_for, handle.runner_data});
        std::visit(
            [&](const auto *given) {
                const cpu::Plan plan =
                    cpu::make_plan(request_of(*invocation.problem, *given), threads_of(handle));
                cpu::run(plan, *given, invocation.workspace);
            },
            call);
        cpu::finish_stores();
        return JSNORM_STATUS_SUCCESS;
    }
    void describe(const Invocation &invocation, const Call &call, Text &text) const override {
        const Request request = std::visit(
            [&](const auto *given) { return request_of(*invocation.problem, *given); }, call);
        jsnorm::describe(request, text);
        cpu::describe(cpu::make_plan(request, threads_of(*invocation.handle)), text);
    }
};

}  // namespace

const Backend &cpu_backend() {
    static const CpuBackend backend;
    return backend;
}

}  // namespace jsnorm
