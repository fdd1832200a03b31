// SPDX-License-Identifier: Apache-2.0
// What this rank asks for, checked by the core, as what ranks compare.
#pragma once

#include "src/distributed/agreement.hpp"

namespace jsnorm::distributed {

struct LocalProblem {
    int64_t channels = 0;  // K
    int64_t elements = 0;  // R of this rank's part
    jsnormActivation_t activation = JSNORM_ACTIVATION_NONE;
};

// Checks a call of a fused operation as the core would, and reads norm and descriptor. args: its
// argument struct or NULL. The status of the checks is in the request.
Request make_request(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                     jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation, const void *args,
                     jsnormBackend_t backend, LocalProblem &problem);

// The core's checks of a fused call: a description of its plan needs the same arguments and touches
// no memory.
jsnormStatus_t check_call(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                          jsnormOperation_t operation, const void *args);

// Norm and shape of a synchronized operation: batch kinds, a handle of the backend whose memory the
// library exchanges, K within a record.
jsnormStatus_t read_problem(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                            jsnormTensorDescriptor_t x_desc, jsnormBackend_t backend,
                            LocalProblem &problem);

// The fields of a request, of a problem that read_problem accepts.
jsnormStatus_t read_fields(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                           jsnormOperation_t operation, const LocalProblem &problem,
                           Request &request);

}  // namespace jsnorm::distributed
