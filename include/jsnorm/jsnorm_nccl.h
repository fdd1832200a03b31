/** @file
 * jsnorm_nccl - batch norms over the data of all ranks of an NCCL communicator (libjsnorm_nccl, beside libjsnorm).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every operation takes the argument struct of the fused operation of jsnorm.h, for the part of the batch that this rank has, and
 * a plan: what the ranks of a communicator agreed on. Results are those of the fused operation on the parts of all ranks together:
 * statistics, shrinkage, running statistics and gradients. Parts may differ in N and in spatial size, and may be empty (N = 0).
 *
 *  - jsnormNcclCreatePlan compares what the ranks ask for, and waits for the answer. Nothing after it does: operations are enqueued
 *    on the handle's stream, read nothing on the host, allocate nothing and may be captured in a CUDA graph, where N and the
 *    pointers are those of the capture.
 *  - COLLECTIVE: every rank calls, in the same order, whatever its part holds. Pointers, dims and strides are its own.
 *  - A call that fails on one rank has enqueued nothing or a part, and the streams of the others wait for this rank: as after
 *    any failure between collectives of NCCL, ncclCommAbort ends the wait.
 *  - Batch kinds only: the statistics of other kinds lie within a sample, and jsnormForwardTraining serves them.
 *  - Handles of the CUDA backend, of the device of the communicator.
 *  - The parts of a channel are merged in the order of the ranks, whatever NCCL does: the bits depend on the parts alone, neither
 *    on the exchange (docs/distributed.md) nor on NCCL's algorithm. Every rank gets the same bits. Empty parts change none.
 *  - The communicator is used between the caller's own collectives, must be a blocking one, and must live as long as its plans.
 *  - dgamma and dbeta are of this rank's data, or of all data: jsnormSetNormParameterGradientScope.
 *  - Threads: a plan serves one call at a time, like its communicator. */
#ifndef JSNORM_JSNORM_NCCL_H
#define JSNORM_JSNORM_NCCL_H

#include <nccl.h>

#include "jsnorm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/** What the ranks of a communicator agreed on: K, type, and what the norm descriptor sets. */
typedef struct jsnormNcclPlanStruct *jsnormNcclPlan_t;

/** Bytes of the scratch memory of jsnormNcclCreatePlan. */
#define JSNORM_NCCL_SCRATCH_BYTES 256

/** Compares K, type, kind, estimators, lambda, epsilon, effective fraction, activation and scope with those of the other ranks.
 * COLLECTIVE. Waits for the stream of the handle, and must not be captured. Where a rank asks for something else, or its norm or
 * descriptor is bad, the call fails on every rank with the same status, and the text names the rank and both values.
 * plan: [host] receives the plan; untouched on failure. x_desc: for K and the type; its batch size does not matter.
 * scratch: [device] JSNORM_NCCL_SCRATCH_BYTES, aligned to 8; free again when the call returns.
 * Not collective where plan, handle, comm or scratch is NULL: BAD_PARAM_NULL_POINTER; where scratch is misaligned:
 * MISALIGNED_POINTER; where handle was destroyed: NOT_INITIALIZED; where it is of the CPU backend: NOT_SUPPORTED_BACKEND.
 * EXECUTION_FAILED where NCCL failed, with its text. */
JSNORM_API jsnormStatus_t jsnormNcclCreatePlan(jsnormNcclPlan_t *plan, jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                               jsnormTensorDescriptor_t x_desc, ncclComm_t comm, void *scratch);

/** Destroys a plan; not the communicator. Not collective. plan: [host]? NULL does nothing. */
JSNORM_API jsnormStatus_t jsnormNcclDestroyPlan(jsnormNcclPlan_t plan);

/** Bytes of scratch memory that an operation needs with this plan, at any address. Not collective.
 * operation: JSNORM_FORWARD_TRAINING or JSNORM_BACKWARD, else BAD_PARAM. bytes: [host]. Never less than jsnormGetWorkspaceSize's.
 * NOT_SUPPORTED for kinds other than batch kinds; NOT_SUPPORTED_BACKEND for a CPU handle; NOT_SUPPORTED_SHAPE where a message would
 * have more than 2^31-1 words of 8 bytes; BAD_PARAM_NULL_POINTER where plan or bytes is NULL. */
JSNORM_API jsnormStatus_t jsnormNcclGetWorkspaceSize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                     jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                                                     jsnormNcclPlan_t plan, size_t *bytes);

/** x -> y with the statistics of all ranks. args: [host] as for jsnormForwardTraining, with jsnormNcclGetWorkspaceSize's workspace.
 * saved_mean, saved_variance: the same on every rank, for jsnormNcclBackward. Running statistics: the same on every rank if the
 * previous ones are. Statuses of jsnormForwardTraining, before anything is enqueued, and: BAD_PARAM_NULL_POINTER where plan is NULL;
 * BAD_PARAM where norm or x_desc is not what the plan was made for (SHAPE_MISMATCH for K, DATA_TYPE_MISMATCH for the type);
 * BAD_PARAM_OUT_OF_BOUND where the elements of all ranks may not fit 64 bits; EXECUTION_FAILED where NCCL failed. */
JSNORM_API jsnormStatus_t jsnormNcclForwardTraining(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                    const jsnormForwardTrainingArgs_t *args, jsnormNcclPlan_t plan);

/** The gradient of jsnormNcclForwardTraining. args: [host] as for jsnormBackward, with jsnormNcclGetWorkspaceSize's workspace.
 * Statuses as there. */
JSNORM_API jsnormStatus_t jsnormNcclBackward(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormBackwardArgs_t *args,
                                             jsnormNcclPlan_t plan);

/** [host] What went wrong in the last failed call of this library on this thread, in one line; where the core or NCCL failed, with
 * their text. Empty before the first failure; kept until the next failure on this thread. */
JSNORM_API const char *jsnormNcclGetLastErrorString(void);

#if defined(__cplusplus)
}
#endif

#endif /* JSNORM_JSNORM_NCCL_H */
