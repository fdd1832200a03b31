// SPDX-License-Identifier: Apache-2.0
// The CPU backend as the API sees it.
#include "src/core/backend.hpp"
#include "src/cpu/backend.hpp"
#include "src/cpu/parallel.hpp"
#include "src/cpu/reachable.hpp"
#include "src/cpu/traffic.hpp"
#include "src/cpu/workspace.hpp"

namespace jsnorm {

namespace {

int threads_of(const jsnormHandleStruct &handle) {
    return handle.thread_count > 0 ? handle.thread_count : cpu::default_thread_count();
}

cpu::Resources resources_of(const Invocation &invocation) {
    return {invocation.workspace, threads_of(*invocation.handle)};
}

class CpuBackend final : public Backend {
  public:
    jsnormBackend_t kind() const override { return JSNORM_BACKEND_CPU; }
    jsnormStatus_t open(jsnormHandleStruct &) const override { return JSNORM_STATUS_SUCCESS; }
    jsnormStatus_t warm(const jsnormHandleStruct &handle) const override {
        cpu::warm_threads(threads_of(handle));
        return JSNORM_STATUS_SUCCESS;
    }
    size_t workspace_bytes(const jsnormHandleStruct *, const Problem &problem,
                           jsnormOperation_t operation) const override {
        return cpu::plan_workspace(problem, operation).bytes;
    }
    jsnormMemoryTraffic_t memory_traffic(const jsnormHandleStruct &handle, const Problem &problem,
                                         const Layout &x, jsnormOperation_t operation,
                                         uint32_t tensors) const override {
        return cpu::memory_traffic(problem, x, operation, tensors, threads_of(handle));
    }
    bool reaches(const jsnormHandleStruct &, const void *first, const void *last) const override {
        return cpu::is_reachable(first) && cpu::is_reachable(last);
    }

#define JSNORM_RUN(Call, function)                                                      \
    jsnormStatus_t run(const Invocation &invocation, const Call &call) const override { \
        cpu::function(*invocation.problem, call, resources_of(invocation));             \
        cpu::finish_stores();                                                           \
        return JSNORM_STATUS_SUCCESS;                                                   \
    }
    JSNORM_RUN(ForwardTrainingCall, forward_training)
    JSNORM_RUN(ForwardInferenceCall, forward_inference)
    JSNORM_RUN(BackwardCall, backward)
    JSNORM_RUN(ForwardStatisticsCall, forward_statistics)
    JSNORM_RUN(ForwardFinalizeCall, forward_finalize)
    JSNORM_RUN(ForwardApplyCall, forward_apply)
    JSNORM_RUN(BackwardReduceCall, backward_reduce)
    JSNORM_RUN(BackwardFinalizeCall, backward_finalize)
    JSNORM_RUN(BackwardApplyCall, backward_apply)
#undef JSNORM_RUN
};

}  // namespace

const Backend &cpu_backend() {
    static const CpuBackend backend;
    return backend;
}

}  // namespace jsnorm
