// SPDX-License-Identifier: Apache-2.0
// The C functions of jsnorm_nccl.h.
#include "jsnorm/jsnorm_nccl.h"

#include <cstdint>
#include <memory>
#include <new>

#include "src/distributed/error.hpp"
#include "src/distributed/nccl/operations.hpp"

namespace {

namespace distributed = jsnorm::distributed;

jsnormStatus_t require_given(const void *pointer, const char *name) {
    if (pointer != nullptr) return JSNORM_STATUS_SUCCESS;
    return distributed::fail(JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL", name);
}

}  // namespace

jsnormStatus_t jsnormNcclCreatePlan(jsnormNcclPlan_t *plan, jsnormHandle_t handle,
                                    jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                    ncclComm_t comm, void *scratch) {
    const distributed::Named named("jsnormNcclCreatePlan");
    JSNORM_DISTRIBUTED_TRY(require_given(plan, "plan"));
    JSNORM_DISTRIBUTED_TRY(require_given(comm, "comm"));
    JSNORM_DISTRIBUTED_TRY(require_given(scratch, "scratch"));
    JSNORM_DISTRIBUTED_REQUIRE(reinterpret_cast<uintptr_t>(scratch) % sizeof(int64_t) == 0,
                               JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER,
                               "scratch = %p is not aligned to %zu", scratch, sizeof(int64_t));
    std::unique_ptr<jsnormNcclPlanStruct> made(new (std::nothrow) jsnormNcclPlanStruct);
    JSNORM_DISTRIBUTED_REQUIRE(made != nullptr, JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED,
                               "no memory for a plan");
    JSNORM_DISTRIBUTED_TRY(distributed::make_plan(handle, norm, x_desc, comm, scratch, *made));
    *plan = made.release();
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t jsnormNcclDestroyPlan(jsnormNcclPlan_t plan) {
    delete plan;
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t jsnormNcclGetWorkspaceSize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                          jsnormTensorDescriptor_t x_desc,
                                          jsnormOperation_t operation, jsnormNcclPlan_t plan,
                                          size_t *bytes) {
    const distributed::Named named("jsnormNcclGetWorkspaceSize");
    JSNORM_DISTRIBUTED_TRY(require_given(plan, "plan"));
    return distributed::workspace_size(handle, norm, x_desc, operation, *plan, {}, bytes);
}

jsnormStatus_t jsnormNcclForwardTraining(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                         const jsnormForwardTrainingArgs_t *args,
                                         jsnormNcclPlan_t plan) {
    const distributed::Named named("jsnormNcclForwardTraining");
    JSNORM_DISTRIBUTED_TRY(require_given(plan, "plan"));
    return distributed::forward_training(handle, norm, args, *plan, {});
}

jsnormStatus_t jsnormNcclBackward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                  const jsnormBackwardArgs_t *args, jsnormNcclPlan_t plan) {
    const distributed::Named named("jsnormNcclBackward");
    JSNORM_DISTRIBUTED_TRY(require_given(plan, "plan"));
    return distributed::backward(handle, norm, args, *plan, {});
}

const char *jsnormNcclGetLastErrorString(void) {
    return distributed::last_error();
}
