// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

#include "backend_memory.hpp"

namespace digits {
namespace {

void require(cudaError_t error) {
    if (error != cudaSuccess) throw std::runtime_error(cudaGetErrorString(error));
}

class CudaMemory : public DeviceMemory {
  public:
    void *allocate(size_t bytes) override {
        void *pointer = nullptr;
        require(cudaMalloc(&pointer, bytes));
        return pointer;
    }
    void release(void *pointer) override { cudaFree(pointer); }
    void upload(void *device, const void *host, size_t bytes) override {
        require(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice));
    }
    void download(void *host, const void *device, size_t bytes) override {
        require(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost));
    }
};

}  // namespace

DeviceMemory *memory_of(jsnormBackend_t backend) {
    static CudaMemory memory;
    return backend == JSNORM_BACKEND_CUDA ? &memory : nullptr;
}

}  // namespace digits
