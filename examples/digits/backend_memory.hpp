// SPDX-License-Identifier: Apache-2.0
// Memory that a backend computes in: the arrays of this program themselves, or copies of them on a
// device.
#pragma once

#include <jsnorm/jsnorm.h>

#include <cstddef>
#include <vector>

namespace digits {

class DeviceMemory {
  public:
    virtual ~DeviceMemory() = default;
    virtual void *allocate(size_t bytes) = 0;
    virtual void release(void *pointer) = 0;
    virtual void upload(void *device, const void *host, size_t bytes) = 0;
    virtual void download(void *host, const void *device,
                          size_t bytes) = 0;  // waits for the device
};

// NULL for the CPU. Throws where this program was built without the device's runtime.
DeviceMemory *memory_of(jsnormBackend_t backend);

// The arrays of one call at a time, by their addresses in the host's memory: input(), output() and
// in_out() say where the backend finds them, and finish() brings the outputs back.
class CallArrays {
  public:
    explicit CallArrays(DeviceMemory *memory) : memory_(memory) {}
    ~CallArrays();
    CallArrays(CallArrays &&other) noexcept;
    CallArrays(const CallArrays &) = delete;

    template <typename T>
    const T *input(const T *host, size_t count) {
        return static_cast<const T *>(place(const_cast<T *>(host), count * sizeof(T), true, false));
    }
    template <typename T>
    T *output(T *host, size_t count) {
        return static_cast<T *>(place(host, count * sizeof(T), false, true));
    }
    template <typename T>
    T *in_out(T *host, size_t count) {
        return static_cast<T *>(place(host, count * sizeof(T), true, true));
    }
    void *workspace(void *host, size_t bytes) { return place(host, bytes, false, false); }

    void finish();

  private:
    struct Copy {
        void *device = nullptr;
        size_t capacity = 0;
        void *host = nullptr;
        size_t bytes = 0;
        bool is_input = false;
        bool is_output = false;
    };

    void *place(void *host, size_t bytes, bool reads, bool writes);

    DeviceMemory *memory_;
    std::vector<Copy> copies_;  // in the order of the calls' arrays; memory is used again
    size_t used_ = 0;
};

}  // namespace digits
