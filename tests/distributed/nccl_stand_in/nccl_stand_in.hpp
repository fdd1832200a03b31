// SPDX-License-Identifier: Apache-2.0
//
// NCCL's entry points over threads of one process: what libjsnorm_nccl calls, for tests. A rank is
// a thread. One rank runs at a time, from one collective to the next, as the executor wants it.
#ifndef JSNORM_TESTS_DISTRIBUTED_NCCL_STAND_IN_HPP
#define JSNORM_TESTS_DISTRIBUTED_NCCL_STAND_IN_HPP

#include <nccl.h>

#include <cstddef>
#include <functional>
#include <vector>

namespace jsnorm::nccl_stand_in {

// How device memory is reached; both return when it is done.
struct DeviceMemory {
    void (*upload)(void *device, const void *host, size_t bytes) = nullptr;
    void (*download)(void *host, const void *device, size_t bytes) = nullptr;
};

// Runs body(communicator of the rank) as every rank. An exception of one ends the wait of the
// others with ncclRemoteError, and is thrown again once all have ended.
void run_ranks(int ranks, int device, const DeviceMemory &memory,
               const std::function<void(ncclComm_t)> &body);

// For the rank that calls: from now on its call number `call` (0: the next) returns `result`. Calls
// between ncclGroupStart and ncclGroupEnd count, and so do the two.
void fail_call(ncclComm_t comm, int call, ncclResult_t result);

// The streams that collectives of the rank were enqueued on, in their order.
const std::vector<cudaStream_t> &streams(ncclComm_t comm);

}  // namespace jsnorm::nccl_stand_in

#endif
