// SPDX-License-Identifier: Apache-2.0
// One operation as a graph of cuDNN's backend API: described by attributes, planned by the engine
// that is fastest, executed on pointers.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bench/cuda/cudnn_library.hpp"
#include "bench/cuda/device.hpp"

namespace jsnorm::bench {

class CudnnDescriptor {
  public:
    explicit CudnnDescriptor(cudnnBackendDescriptorType_t type);
    ~CudnnDescriptor();
    CudnnDescriptor(CudnnDescriptor &&other) noexcept;
    CudnnDescriptor(const CudnnDescriptor &) = delete;
    CudnnDescriptor &operator=(const CudnnDescriptor &) = delete;

    cudnnBackendDescriptor_t get() const { return descriptor_; }
    void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const void *values,
             int64_t count = 1);
    void set(cudnnBackendAttributeName_t name, const CudnnDescriptor &other);
    void set(cudnnBackendAttributeName_t name, int64_t value);
    int64_t get(cudnnBackendAttributeName_t name) const;
    cudnnStatus_t finalize();

  private:
    cudnnBackendDescriptor_t descriptor_ = nullptr;
};

class CudnnGraph {
  public:
    explicit CudnnGraph(cudnnBackendDescriptorType_t operation) : operation_(operation) {}

    CudnnDescriptor &operation() { return operation_; }

    // A tensor that is the attribute `name` of the operation, and the number that names it.
    int64_t tensor(cudnnBackendAttributeName_t name, cudnnDataType_t type,
                   const std::vector<int64_t> &dims, const std::vector<int64_t> &strides,
                   int64_t alignment, bool by_value = false);

    // What `run` executes is timed with the configurations that cuDNN offers, for so many seconds;
    // the fastest stays. 0 seconds: the first that works. Throws Unavailable where none does.
    void plan(double seconds, cudaStream_t stream, const std::function<void()> &run);
    // Pointers in the order of the tensors.
    void execute(const std::vector<void *> &pointers);

  private:
    struct Plan {
        std::unique_ptr<CudnnDescriptor> descriptor;
        std::unique_ptr<DeviceMemory> workspace;
    };

    Plan plan_of(const CudnnDescriptor &configuration) const;

    CudnnDescriptor operation_;
    std::vector<CudnnDescriptor> tensors_;
    Plan plan_;
};

}  // namespace jsnorm::bench
