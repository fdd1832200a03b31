// SPDX-License-Identifier: Apache-2.0
//
// Backend CUDA on a GPU. A test after which an error is waiting fails.

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>

#include "tests/support/buffer.hpp"
#include "tests/support/test_backend.hpp"

namespace jsnorm::test {
namespace {

void check(cudaError_t error, const char *call) {
    if (error == cudaSuccess) return;
    throw std::runtime_error(std::string(call) + ": " + cudaGetErrorName(error) + ": " +
                             cudaGetErrorString(error));
}

// The suites allocate millions of times: from a pool, unless JSNORM_CUDA_POOL=0 asks for an
// allocation a buffer, which tells a checker of memory where each one ends.
class CudaMemory final : public Memory {
  public:
    void *allocate(size_t bytes) override {
        void *pointer = nullptr;
        const size_t least = std::max<size_t>(bytes, 1);
        refuse(pooled() ? cudaMallocAsync(&pointer, least, nullptr) : cudaMalloc(&pointer, least));
        return pointer;
    }
    // Managed: some kilobytes, and atomics work in it as in any memory of the device.
    void *allocate_shared(size_t bytes) override {
        void *pointer = nullptr;
        refuse(cudaMallocManaged(&pointer, std::max<size_t>(bytes, 1)));
        return pointer;
    }
    void release(void *pointer) override { cudaFree(pointer); }
    void upload(void *device, const void *host, size_t bytes) override {
        check(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
        wait_for_backend();  // pageable memory may still be on its way
    }
    void download(void *host, const void *device, size_t bytes) override {
        wait_for_backend();  // also for streams that the default stream does not wait for
        check(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy");
    }

  private:
    static bool pooled() {
        static const bool wanted = [] {
            const char *asked = std::getenv("JSNORM_CUDA_POOL");
            int device = 0, supported = 0;
            cudaMemPool_t pool = nullptr;
            if ((asked != nullptr && std::string(asked) == "0") ||
                cudaGetDevice(&device) != cudaSuccess ||
                cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, device) !=
                    cudaSuccess ||
                supported == 0 || cudaDeviceGetDefaultMemPool(&pool, device) != cudaSuccess)
                return false;
            uint64_t kept = uint64_t{1} << 30;
            return cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept) ==
                   cudaSuccess;
        }();
        return wanted;
    }
    static void refuse(cudaError_t error) {
        if (error == cudaErrorMemoryAllocation) {
            cudaGetLastError();
            throw std::bad_alloc();
        }
        check(error, "allocation");
    }
};

class ErrorsFail final : public testing::EmptyTestEventListener {
    void OnTestEnd(const testing::TestInfo &) override {
        for (const cudaError_t error : {cudaDeviceSynchronize(), cudaGetLastError()})
            if (error != cudaSuccess) ADD_FAILURE() << cudaGetErrorString(error);
    }
};

// Before any test runs.
const bool kRegistered = [] {
    static CudaMemory memory;
    register_memory(JSNORM_BACKEND_CUDA, &memory);
    testing::UnitTest::GetInstance()->listeners().Append(new ErrorsFail);
    return true;
}();

}  // namespace

jsnormBackend_t test_backend() {
    return kRegistered ? JSNORM_BACKEND_CUDA : JSNORM_BACKEND_CPU;
}

void wait_for_backend() {
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

bool backend_is_clean() {
    const cudaError_t error = cudaDeviceSynchronize();
    if (error != cudaSuccess) std::fprintf(stderr, "%s\n", cudaGetErrorString(error));
    return error == cudaSuccess;
}

}  // namespace jsnorm::test
