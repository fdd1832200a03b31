// SPDX-License-Identifier: Apache-2.0
// What the ranks of an NCCL communicator agreed on, and the communicator.
#pragma once

#include <nccl.h>

#include "src/distributed/agreement.hpp"
#include "src/distributed/nccl/device_steps.hpp"
#include "src/distributed/request.hpp"

struct jsnormNcclPlanStruct {
    ncclComm_t comm = nullptr;
    int64_t rank = 0;
    int64_t ranks = 1;
    int device = 0;
    jsnorm::distributed::Request agreed;
};

namespace jsnorm::distributed {

using NcclPlan = jsnormNcclPlanStruct;

// The result of a call of NCCL, as a status with its text.
jsnormStatus_t of_nccl(const char *function, ncclResult_t result);

// Collective once communicator and handle are good; waits for the handle's stream.
jsnormStatus_t make_plan(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                         jsnormTensorDescriptor_t x_desc, ncclComm_t comm, void *scratch,
                         NcclPlan &plan);

// The problem of an operation, which must be one that the plan is for.
jsnormStatus_t read_planned_problem(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                    jsnormTensorDescriptor_t x_desc, const NcclPlan &plan,
                                    LocalProblem &problem);

// The handle's stream, on the plan's device.
jsnormStatus_t stream_of(jsnormHandle_t handle, const NcclPlan &plan, DeviceStream &on);

}  // namespace jsnorm::distributed
