// SPDX-License-Identifier: Apache-2.0
//
// Ranks of NCCL, for tests: nccl_ranks_cuda.cpp has those of GPUs, nccl_ranks_stand_in.cpp those of
// the stand-in, on the executor.
#ifndef JSNORM_TESTS_DISTRIBUTED_NCCL_RANKS_HPP
#define JSNORM_TESTS_DISTRIBUTED_NCCL_RANKS_HPP

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "jsnorm/jsnorm_nccl.h"
#include "src/distributed/error.hpp"
#include "src/distributed/nccl/operations.hpp"
#include "tests/distributed/shared_layer.hpp"

namespace jsnorm::test {

inline LayerDevice on_device(jsnormStream_t stream = nullptr) {
    return {JSNORM_BACKEND_CUDA, &memory_of(JSNORM_BACKEND_CUDA), stream};
}

// How many ranks there can be: on GPUs one a device. 0: why_no_ranks() says why.
int64_t most_ranks();
std::string why_no_ranks();

// Runs body(communicator of the rank) as every rank, on a thread of its own whose current device is
// the communicator's.
void run_nccl_ranks(int64_t ranks, const std::function<void(ncclComm_t)> &body);

inline int rank_of(ncclComm_t comm) {
    int rank = 0;
    ncclCommUserRank(comm, &rank);
    return rank;
}

// A plan, of scratch memory that begins at the second word of an allocation.
class NcclPlanObject {
  public:
    jsnormStatus_t create(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                          jsnormTensorDescriptor_t x_desc, ncclComm_t comm) {
        const GuardedBuffer scratch(memory_of(JSNORM_BACKEND_CUDA), JSNORM_NCCL_SCRATCH_BYTES, 8);
        return jsnormNcclCreatePlan(&plan_, handle, norm, x_desc, comm, scratch.data());
    }
    NcclPlanObject() = default;
    ~NcclPlanObject() { jsnormNcclDestroyPlan(plan_); }
    NcclPlanObject(const NcclPlanObject &) = delete;
    NcclPlanObject &operator=(const NcclPlanObject &) = delete;
    jsnormNcclPlan_t get() const { return plan_; }

  private:
    jsnormNcclPlan_t plan_ = nullptr;
};

// The calls of one rank. Without an exchange: the public functions. The first query of a workspace
// makes the plan.
inline LayerCalls nccl_calls(ncclComm_t comm, std::optional<distributed::Exchange> exchange,
                             NcclPlanObject &plan) {
    LayerCalls calls;
    calls.workspace_size = [=, &plan](auto handle, auto norm, auto x_desc, auto operation,
                                      size_t *bytes) {
        if (plan.get() == nullptr) {
            JSNORM_DISTRIBUTED_TRY(plan.create(handle, norm, x_desc, comm));
        }
        return exchange
                   ? distributed::workspace_size(handle, norm, x_desc, operation, *plan.get(),
                                                 exchange, bytes)
                   : jsnormNcclGetWorkspaceSize(handle, norm, x_desc, operation, plan.get(), bytes);
    };
    calls.forward = [=, &plan](auto handle, auto norm, auto *args) {
        return exchange ? distributed::forward_training(handle, norm, args, *plan.get(), exchange)
                        : jsnormNcclForwardTraining(handle, norm, args, plan.get());
    };
    calls.backward = [=, &plan](auto handle, auto norm, auto *args) {
        return exchange ? distributed::backward(handle, norm, args, *plan.get(), exchange)
                        : jsnormNcclBackward(handle, norm, args, plan.get());
    };
    calls.last_error = jsnormNcclGetLastErrorString;
    return calls;
}

inline std::vector<LayerResult> run_all_nccl_ranks(const SharedLayer &layer,
                                                   std::optional<distributed::Exchange> exchange) {
    std::vector<LayerResult> results(layer.samples.size());
    run_nccl_ranks(layer.ranks(), [&](ncclComm_t comm) {
        NcclPlanObject plan;
        const int rank = rank_of(comm);
        results[static_cast<size_t>(rank)] =
            run_part(layer, rank, nccl_calls(comm, exchange, plan), on_device());
    });
    return results;
}

}  // namespace jsnorm::test

#endif
