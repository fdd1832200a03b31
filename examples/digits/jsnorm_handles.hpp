// SPDX-License-Identifier: Apache-2.0
// The C ABI's objects as C++ ones: statuses become exceptions, destruction is automatic.
#pragma once

#include <jsnorm/jsnorm.h>

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>

namespace digits {

// Throws what went wrong, in the library's own words.
inline void check(jsnormStatus_t status) {
    if (status == JSNORM_STATUS_SUCCESS) return;
    throw std::runtime_error(std::string(jsnormGetStatusString(status)) + ": " +
                             jsnormGetLastErrorString());
}

template <auto destroy>
struct Destroyer {
    template <typename T>
    void operator()(T *object) const {
        destroy(object);
    }
};

using Handle = std::unique_ptr<jsnormHandleStruct, Destroyer<jsnormDestroy>>;
using TensorDescriptor =
    std::unique_ptr<jsnormTensorDescriptorStruct, Destroyer<jsnormDestroyTensorDescriptor>>;
using NormDescriptor =
    std::unique_ptr<jsnormNormDescriptorStruct, Destroyer<jsnormDestroyNormDescriptor>>;

inline Handle make_handle(jsnormBackend_t backend) {
    jsnormHandle_t handle = nullptr;
    check(jsnormCreate(&handle, backend));
    return Handle(handle);
}

inline jsnormBackend_t backend_of(const Handle &handle) {
    jsnormBackend_t backend = JSNORM_BACKEND_CPU;
    check(jsnormGetBackend(handle.get(), &backend));
    return backend;
}

inline TensorDescriptor make_tensor_descriptor() {
    jsnormTensorDescriptor_t descriptor = nullptr;
    check(jsnormCreateTensorDescriptor(&descriptor));
    return TensorDescriptor(descriptor);
}

inline NormDescriptor make_norm_descriptor(jsnormNormKind_t kind, jsnormEstimator_t mean,
                                           jsnormEstimator_t variance) {
    jsnormNormDescriptor_t descriptor = nullptr;
    check(jsnormCreateNormDescriptor(&descriptor, kind));
    NormDescriptor owner(descriptor);
    check(jsnormSetNormEstimators(descriptor, mean, variance));
    return owner;
}

// Strides are optional: none is packed, row-major.
inline void set_tensor(const TensorDescriptor &descriptor, std::span<const int64_t> dims,
                       const int64_t *strides = nullptr, jsnormDataType_t type = JSNORM_FLOAT) {
    check(jsnormSetTensorDescriptor(descriptor.get(), type, static_cast<int32_t>(dims.size()),
                                    dims.data(), strides));
}

// Scratch memory that grows to the largest operation asked for, and is then reused.
class Workspace {
  public:
    void reserve(const Handle &handle, const NormDescriptor &norm, const TensorDescriptor &x,
                 jsnormOperation_t operation) {
        size_t bytes = 0;
        check(jsnormGetWorkspaceSize(handle.get(), norm.get(), x.get(), operation, &bytes));
        if (bytes <= bytes_) return;
        memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
        bytes_ = bytes;
    }

    void *data() const { return memory_.get(); }
    size_t bytes() const { return bytes_; }

  private:
    std::unique_ptr<std::byte[]> memory_;
    size_t bytes_ = 0;
};

}  // namespace digits
