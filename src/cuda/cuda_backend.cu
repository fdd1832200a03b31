// SPDX-License-Identifier: Apache-2.0
// The CUDA backend as the API sees it.
#include "src/core/status.hpp"
#include "src/cuda/launch/launchers.hpp"
#include "src/cuda/operations.hpp"
#include "src/cuda/plan/traffic.hpp"
#include "src/cuda/plan/workspace.hpp"

namespace jsnorm {

namespace {

constexpr int32_t kOldestMajor = 8;

class CudaBackend final : public Backend {
  public:
    jsnormBackend_t kind() const override { return JSNORM_BACKEND_CUDA; }

    jsnormStatus_t open(jsnormHandleStruct &handle) const override {
        DeviceSpec &device = handle.device;
        int ordinal = 0;
        cuda::Error error = cuda::current_device(ordinal);
        if (!error) error = cuda::describe_device(ordinal, device);
        JSNORM_REQUIRE(
            !error, JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
            "backend = JSNORM_BACKEND_CUDA, but no device can be used: CUDA error %d, %s",
            error.code, error.text);
        JSNORM_REQUIRE(device.major >= kOldestMajor, JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE,
                       "%s has compute capability %d.%d, but %d.0 is the oldest supported",
                       device.name, device.major, device.minor, kOldestMajor);
        return JSNORM_STATUS_SUCCESS;
    }

    jsnormStatus_t warm(const jsnormHandleStruct &handle) const override {
        const cuda::CurrentDevice current(handle.device.ordinal);
        const cuda::Error error = current.error() ? current.error() : cuda::prepare_kernels();
        return cuda::status_of(error, "loading kernels", handle.device);
    }

    size_t workspace_bytes(const jsnormHandleStruct *, const Problem &problem,
                           jsnormOperation_t operation) const override {
        return cuda::plan_workspace(problem, operation).bytes();
    }

    jsnormMemoryTraffic_t memory_traffic(const jsnormHandleStruct &handle,
                                         const TrafficQuery &query) const override {
        return cuda::memory_traffic(query, handle.device);
    }

    bool reaches(const jsnormHandleStruct &handle, const void *first,
                 const void *last) const override {
        return cuda::reaches(handle.device.ordinal, first) &&
               cuda::reaches(handle.device.ordinal, last);
    }

    jsnormStatus_t run(const Invocation &invocation, const Call &call) const override {
        return std::visit(
            [&](const auto *given) {
                const Request request = request_of(*invocation.problem, *given);
                return cuda::run(invocation, cuda::make_plan(request, invocation.handle->device),
                                 *given);
            },
            call);
    }

    void describe(const Invocation &invocation, const Call &call, Text &text) const override {
        const DeviceSpec &device = invocation.handle->device;
        const Request request = std::visit(
            [&](const auto *given) { return request_of(*invocation.problem, *given); }, call);
        jsnorm::describe(request, text);
        cuda::describe(cuda::make_plan(request, device), device, text);
    }
};

}  // namespace

const Backend *cuda_backend() {
    static const CudaBackend backend;
    return &backend;
}

}  // namespace jsnorm
