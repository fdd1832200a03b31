// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/nccl/plan.hpp"

#include <limits>

#include "jsnorm/jsnorm_nccl.h"
#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

namespace {

using ll = long long;  // for printf

// Host values by way of scratch memory on the device: what agree() needs, and nothing else.
class NcclReductions final : public Reductions {
  public:
    NcclReductions(const NcclPlan &plan, const DeviceStream &on, void *scratch)
        : plan_(plan), on_(on), scratch_(scratch) {}

    int64_t rank() const override { return plan_.rank; }
    int64_t size() const override { return plan_.ranks; }
    jsnormStatus_t maximum(int64_t *values, int32_t count) override {
        return reduce(values, count, ncclMax);
    }
    jsnormStatus_t total(int64_t *values, int32_t count) override {
        return reduce(values, count, ncclSum);
    }

  private:
    jsnormStatus_t reduce(int64_t *values, int32_t count, ncclRedOp_t operation) {
        const size_t words = static_cast<size_t>(count);
        const size_t bytes = words * sizeof(int64_t);
        JSNORM_DISTRIBUTED_REQUIRE(bytes <= JSNORM_NCCL_SCRATCH_BYTES, JSNORM_STATUS_INTERNAL_ERROR,
                                   "%zu bytes to compare, but there is room for %d", bytes,
                                   JSNORM_NCCL_SCRATCH_BYTES);
        JSNORM_DISTRIBUTED_TRY(copy_to_device(on_, scratch_, values, bytes));
        JSNORM_DISTRIBUTED_TRY(
            of_nccl("ncclAllReduce", ncclAllReduce(scratch_, scratch_, words, ncclInt64, operation,
                                                   plan_.comm, on_.stream)));
        return copy_to_host(on_, values, scratch_, bytes);
    }

    const NcclPlan &plan_;
    DeviceStream on_;
    void *scratch_;
};

jsnormStatus_t describe(ncclComm_t comm, NcclPlan &plan) {
    int ranks = 0, rank = 0;
    JSNORM_DISTRIBUTED_TRY(of_nccl("ncclCommCount", ncclCommCount(comm, &ranks)));
    JSNORM_DISTRIBUTED_TRY(of_nccl("ncclCommUserRank", ncclCommUserRank(comm, &rank)));
    JSNORM_DISTRIBUTED_TRY(of_nccl("ncclCommCuDevice", ncclCommCuDevice(comm, &plan.device)));
    plan.comm = comm;
    plan.ranks = ranks;
    plan.rank = rank;
    return JSNORM_STATUS_SUCCESS;
}

// What ranks compare. The operation is none of it: a plan serves both.
Request request_of(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                   jsnormTensorDescriptor_t x_desc, LocalProblem &problem) {
    Request request;
    request.status = [&]() -> jsnormStatus_t {
        JSNORM_DISTRIBUTED_TRY(read_problem(handle, norm, x_desc, JSNORM_BACKEND_CUDA, problem));
        return read_fields(norm, x_desc, JSNORM_FORWARD_TRAINING, problem, request);
    }();
    return request;
}

}  // namespace

jsnormStatus_t of_nccl(const char *function, ncclResult_t result) {
    if (result == ncclSuccess) return JSNORM_STATUS_SUCCESS;
    return fail(JSNORM_STATUS_EXECUTION_FAILED, "%s: %s (NCCL error %d)%s", function,
                ncclGetErrorString(result), static_cast<int>(result),
                result == ncclInProgress ? "; comm must be a blocking communicator" : "");
}

jsnormStatus_t stream_of(jsnormHandle_t handle, const NcclPlan &plan, DeviceStream &on) {
    on.ordinal = plan.device;
    return of_core(jsnormGetStream(handle, &on.stream));
}

jsnormStatus_t make_plan(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                         jsnormTensorDescriptor_t x_desc, ncclComm_t comm, void *scratch,
                         NcclPlan &plan) {
    jsnormBackend_t backend;
    JSNORM_DISTRIBUTED_CORE(jsnormGetBackend(handle, &backend));
    JSNORM_DISTRIBUTED_REQUIRE(backend == JSNORM_BACKEND_CUDA, JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                               "handle is of the CPU backend, but NCCL exchanges device memory: "
                               "create it with JSNORM_BACKEND_CUDA");
    JSNORM_DISTRIBUTED_TRY(describe(comm, plan));
    DeviceStream on;
    JSNORM_DISTRIBUTED_TRY(stream_of(handle, plan, on));
    NcclReductions reductions(plan, on, scratch);
    LocalProblem problem;
    plan.agreed = request_of(handle, norm, x_desc, problem);
    return agree(reductions, plan.agreed);
}

jsnormStatus_t read_planned_problem(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                    jsnormTensorDescriptor_t x_desc, const NcclPlan &plan,
                                    LocalProblem &problem) {
    const Request request = request_of(handle, norm, x_desc, problem);
    JSNORM_DISTRIBUTED_TRY(request.status);
    JSNORM_DISTRIBUTED_TRY(fits_agreement(request, plan.agreed));
    JSNORM_DISTRIBUTED_REQUIRE(problem.elements <= std::numeric_limits<int64_t>::max() / plan.ranks,
                               JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                               "%lld elements per statistic on one of %lld ranks: the sum may not "
                               "fit 64 bits",
                               ll{problem.elements}, ll{plan.ranks});
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
