// SPDX-License-Identifier: Apache-2.0
//
// NCCL itself, one rank a device. The library is loaded by name: it is too large to be carried
// along with the programs of `./dev gpu`.
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <thread>

#include "tests/distributed/nccl_ranks.hpp"

namespace {

void *nccl_library() {
    static void *const library = [] {
        const char *given = std::getenv("JSNORM_NCCL");
        return dlopen(given != nullptr ? given : "libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    }();
    return library;
}

template <class Function>
Function *find(const char *name) {
    void *library = nccl_library();
    return library == nullptr ? nullptr : reinterpret_cast<Function *>(dlsym(library, name));
}

int devices() {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

}  // namespace

// Calls NCCL's function of the same name.
#define JSNORM_FORWARD(name, parameters, arguments)                        \
    ncclResult_t name parameters {                                         \
        static auto *const function = find<decltype(name)>(#name);         \
        return function == nullptr ? ncclSystemError : function arguments; \
    }
JSNORM_FORWARD(ncclCommInitAll, (ncclComm_t * comms, int count, const int *ordinals),
               (comms, count, ordinals))
JSNORM_FORWARD(ncclCommDestroy, (ncclComm_t comm), (comm))
JSNORM_FORWARD(ncclCommCount, (const ncclComm_t comm, int *count), (comm, count))
JSNORM_FORWARD(ncclCommUserRank, (const ncclComm_t comm, int *rank), (comm, rank))
JSNORM_FORWARD(ncclCommCuDevice, (const ncclComm_t comm, int *device), (comm, device))
JSNORM_FORWARD(ncclAllReduce,
               (const void *sent, void *received, size_t count, ncclDataType_t type,
                ncclRedOp_t operation, ncclComm_t comm, cudaStream_t stream),
               (sent, received, count, type, operation, comm, stream))
JSNORM_FORWARD(ncclAllGather,
               (const void *sent, void *received, size_t count, ncclDataType_t type,
                ncclComm_t comm, cudaStream_t stream),
               (sent, received, count, type, comm, stream))
JSNORM_FORWARD(ncclSend,
               (const void *sent, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                cudaStream_t stream),
               (sent, count, type, peer, comm, stream))
JSNORM_FORWARD(ncclRecv,
               (void *received, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                cudaStream_t stream),
               (received, count, type, peer, comm, stream))
JSNORM_FORWARD(ncclGroupStart, (), ())
JSNORM_FORWARD(ncclGroupEnd, (), ())
#undef JSNORM_FORWARD

const char *ncclGetErrorString(ncclResult_t result) {
    static auto *const function = find<decltype(ncclGetErrorString)>("ncclGetErrorString");
    return function == nullptr ? "libnccl.so.2 was not found" : function(result);
}

namespace jsnorm::test {

int64_t most_ranks() {
    return nccl_library() == nullptr ? 0 : devices();
}

std::string why_no_ranks() {
    if (devices() == 0) return "there is no device";
    return "libnccl.so.2 was not found; JSNORM_NCCL names one";
}

void run_nccl_ranks(int64_t ranks, const std::function<void(ncclComm_t)> &body) {
    std::vector<ncclComm_t> comms(static_cast<size_t>(ranks));
    const ncclResult_t made = ncclCommInitAll(comms.data(), static_cast<int>(ranks), nullptr);
    if (made != ncclSuccess) throw std::runtime_error(ncclGetErrorString(made));
    std::vector<std::thread> threads;
    for (size_t r = 0; r < comms.size(); ++r) {
        threads.emplace_back([&, r] {
            try {
                if (cudaSetDevice(static_cast<int>(r)) != cudaSuccess) {
                    throw std::runtime_error("cudaSetDevice failed");
                }
                body(comms[r]);
            } catch (const std::exception &error) {
                // The other ranks would wait for this one for ever.
                std::fprintf(stderr, "rank %zu: %s\n", r, error.what());
                std::abort();
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    for (const ncclComm_t comm : comms) ncclCommDestroy(comm);
}

}  // namespace jsnorm::test
