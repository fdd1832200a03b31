// SPDX-License-Identifier: Apache-2.0
// One operation as a graph of cuDNN's backend API: described by attributes, planned by the first
// engine of the heuristics that takes it, executed on pointers.
#pragma once

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

    void plan();  // throws Unavailable where no engine takes it
    // Pointers in the order of the tensors.
    void execute(const std::vector<void *> &pointers);

  private:
    bool plan_with(cudnnBackendHeurMode_t mode, const CudnnDescriptor &graph);

    CudnnDescriptor operation_;
    std::vector<CudnnDescriptor> tensors_;
    std::unique_ptr<CudnnDescriptor> plan_;
    std::unique_ptr<DeviceMemory> workspace_;
};

}  // namespace jsnorm::bench
