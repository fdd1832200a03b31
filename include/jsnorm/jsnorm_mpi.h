/** @file
 * jsnorm_mpi - batch norms over the data of all ranks of an MPI communicator (libjsnorm_mpi, beside libjsnorm).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function takes the argument struct of the fused operation of jsnorm.h, for the part of the batch that this rank has, and
 * a communicator. Results are those of the fused operation on the parts of all ranks together: statistics, shrinkage, running
 * statistics and gradients. Parts may differ in N and in spatial size, and may be empty (N = 0).
 *
 *  - COLLECTIVE: every rank of `comm` calls, in the same order, whatever its part holds. Pointers, dims and strides are its own.
 *  - Batch kinds only: the statistics of other kinds lie within a sample, and jsnormForwardTraining serves them.
 *  - Handles of the CPU backend: [device] pointers are host memory.
 *  - The parts of a channel are merged in the order of the ranks, whatever MPI does: the bits depend on the parts alone, neither on
 *    the exchange (docs/distributed.md) nor on the MPI implementation. Every rank gets the same bits. Empty parts change none. On
 *    one rank the bits are those of the fused operation.
 *  - Ranks first compare what they ask for. A rank whose arguments are bad, or that asks for another K, type, kind, estimator or
 *    setting, makes the call fail on every rank, with the same status, before any output is written; the text names the rank and
 *    both values. A rank that does not call at all leaves the others waiting in MPI.
 *  - Where an MPI call fails, the status is JSNORM_STATUS_EXECUTION_FAILED and the text is MPI's. The library talks on
 *    a duplicate of `comm`, which the first call with it makes and MPI_Comm_free of it frees: messages and error handler of `comm`
 *    are the caller's alone.
 *  - dgamma and dbeta are of this rank's data, or of all data: jsnormSetNormParameterGradientScope.
 *  - Threads: a communicator serves one call at a time. MPI must allow calls from the threads that call. */
#ifndef JSNORM_JSNORM_MPI_H
#define JSNORM_JSNORM_MPI_H

#include <mpi.h>

#include "jsnorm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/** Bytes of scratch memory that an operation needs on a communicator of this size, at any address. Not collective.
 * operation: JSNORM_FORWARD_TRAINING or JSNORM_BACKWARD, else BAD_PARAM. bytes: [host]. Never less than jsnormGetWorkspaceSize's.
 * NOT_SUPPORTED for kinds other than batch kinds; NOT_SUPPORTED_BACKEND for a CUDA handle; NOT_SUPPORTED_SHAPE where a message
 * would have more than 2^31-1 words of 8 bytes; the statuses of jsnormMpiForwardTraining that concern comm. */
JSNORM_API jsnormStatus_t jsnormMpiGetWorkspaceSize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                    jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation, MPI_Comm comm,
                                                    size_t *bytes);

/** x -> y with the statistics of all ranks. args: [host] as for jsnormForwardTraining, with jsnormMpiGetWorkspaceSize's workspace.
 * saved_mean, saved_variance: the same on every rank, for jsnormMpiBackward. Running statistics: the same on every rank if the
 * previous ones are. Statuses of jsnormForwardTraining, and: NOT_INITIALIZED before MPI_Init and after MPI_Finalize;
 * BAD_PARAM for MPI_COMM_NULL (to which MPI_Comm_free sets a communicator) and for an intercommunicator; EXECUTION_FAILED where MPI
 * failed. For these three the call is not collective. */
JSNORM_API jsnormStatus_t jsnormMpiForwardTraining(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                   const jsnormForwardTrainingArgs_t *args, MPI_Comm comm);

/** The gradient of jsnormMpiForwardTraining. args: [host] as for jsnormBackward, with jsnormMpiGetWorkspaceSize's workspace.
 * Statuses as there. */
JSNORM_API jsnormStatus_t jsnormMpiBackward(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormBackwardArgs_t *args,
                                            MPI_Comm comm);

/** [host] What went wrong in the last failed call of this library on this thread, in one line; where the core or MPI failed, with
 * their text. Empty before the first failure; kept until the next failure on this thread. */
JSNORM_API const char *jsnormMpiGetLastErrorString(void);

#if defined(__cplusplus)
}
#endif

#endif /* JSNORM_JSNORM_MPI_H */
