// SPDX-License-Identifier: Apache-2.0
//
// The library's objects, owned; and failures as exceptions.
#ifndef JSNORM_TESTS_SUPPORT_API_OBJECTS_HPP
#define JSNORM_TESTS_SUPPORT_API_OBJECTS_HPP

#include <jsnorm/jsnorm.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace jsnorm::test {

inline void require(jsnormStatus_t status, const char *call) {
    if (status == JSNORM_STATUS_SUCCESS) return;
    throw std::runtime_error(std::string(call) + ": " + jsnormGetStatusString(status) + ": " +
                             jsnormGetLastErrorString());
}

// T: an opaque pointer type; Destroy: its destroyer.
template <typename T, jsnormStatus_t (*Destroy)(T)>
class Owned {
  public:
    Owned() = default;
    ~Owned() { Destroy(object_); }
    Owned(const Owned &) = delete;
    Owned &operator=(const Owned &) = delete;
    T *receive() { return &object_; }
    T get() const { return object_; }

  private:
    T object_ = nullptr;
};

class Handle : public Owned<jsnormHandle_t, jsnormDestroy> {
  public:
    explicit Handle(jsnormBackend_t backend) {
        require(jsnormCreate(receive(), backend), "jsnormCreate");
    }
};

class TensorDescriptor : public Owned<jsnormTensorDescriptor_t, jsnormDestroyTensorDescriptor> {
  public:
    // Empty strides: packed.
    TensorDescriptor(jsnormDataType_t type, const std::vector<int64_t> &dims,
                     const std::vector<int64_t> &strides = {}) {
        require(jsnormCreateTensorDescriptor(receive()), "jsnormCreateTensorDescriptor");
        require(jsnormSetTensorDescriptor(get(), type, static_cast<int32_t>(dims.size()),
                                          dims.data(), strides.empty() ? nullptr : strides.data()),
                "jsnormSetTensorDescriptor");
    }
};

class NormDescriptor : public Owned<jsnormNormDescriptor_t, jsnormDestroyNormDescriptor> {
  public:
    explicit NormDescriptor(jsnormNormKind_t kind) {
        require(jsnormCreateNormDescriptor(receive(), kind), "jsnormCreateNormDescriptor");
    }
};

}  // namespace jsnorm::test

#endif
