// SPDX-License-Identifier: Apache-2.0
// The case in memory of the device: copies of the first set of the host's tensors, shared by every
// contestant of this process, and the stream that all work is enqueued on.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/jsnorm_calls.hpp"

namespace jsnorm::bench {

void check(cudaError_t error, const char *what);

class DeviceMemory {
  public:
    explicit DeviceMemory(size_t bytes);
    ~DeviceMemory() { cudaFree(data_); }
    DeviceMemory(const DeviceMemory &) = delete;
    DeviceMemory &operator=(const DeviceMemory &) = delete;

    template <typename T = std::byte>
    T *as() const {
        return static_cast<T *>(data_);
    }
    size_t bytes() const { return bytes_; }

  private:
    void *data_ = nullptr;
    size_t bytes_;
};

class DeviceTensors {
  public:
    DeviceTensors(const Case &which, const Tensors &host);

    cudaStream_t stream() const { return stream_.get(); }
    const std::vector<TensorSet> &sets() const { return sets_; }
    size_t tensor_bytes() const { return tensor_bytes_; }
    // Without workspace; means and variances of a forward pass go to memory that nobody reads.
    const Vectors &vectors() const { return vectors_; }

    void wipe() const;                // the outputs of the first set
    void fetch(Tensors &host) const;  // the same, to the host, when the stream is done

  private:
    struct Destroy {
        void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
    };
    std::byte *allocate(size_t bytes, size_t offset = 0);
    template <typename T>
    T *copy_of(const std::vector<T> &host);

    size_t tensor_bytes_;
    std::unique_ptr<CUstream_st, Destroy> stream_;
    std::vector<std::unique_ptr<DeviceMemory>> memory_;
    std::vector<TensorSet> sets_;
    Vectors vectors_{};
};

// The same for everyone who asks about the same tensors.
std::shared_ptr<DeviceTensors> device_tensors(const Case &which, const Tensors &host);

std::string device_name();
int64_t device_cache_bytes();

}  // namespace jsnorm::bench
