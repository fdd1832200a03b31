// SPDX-License-Identifier: Apache-2.0
//
// Memory of a backend with canaries around it. A GuardedBuffer notices any stray write of up to
// kGuardBytes before or behind what it was asked for; under AddressSanitizer host canaries are
// poisoned too, so that a stray read is caught as well.
#ifndef JSNORM_TESTS_SUPPORT_BUFFER_HPP
#define JSNORM_TESTS_SUPPORT_BUFFER_HPP

#include <jsnorm/jsnorm.h>

#include <cstddef>
#include <string>
#include <vector>

namespace jsnorm::test {

// What a backend's [device] pointers point to. A CUDA test program registers its own.
class Memory {
  public:
    virtual ~Memory() = default;
    virtual void *allocate(size_t bytes) = 0;  // aligned to 256 or better
    // The same, but the host reads and writes it too, as long as no operation is at work.
    virtual void *allocate_shared(size_t bytes) { return allocate(bytes); }
    virtual void release(void *pointer) = 0;
    virtual void upload(void *device, const void *host, size_t bytes) = 0;
    virtual void download(void *host, const void *device,
                          size_t bytes) = 0;  // waits for the default stream
    virtual void forbid(void *, size_t) {}    // no access until permit
    virtual void permit(void *, size_t) {}
    virtual void forget(void *, size_t) {}  // what is there counts as uninitialised
};

Memory &memory_of(
    jsnormBackend_t backend);  // throws std::invalid_argument where none is registered
void register_memory(jsnormBackend_t backend, Memory *memory);  // not owned

class GuardedBuffer {
  public:
    static constexpr size_t kGuardBytes = 256;
    static constexpr unsigned char kUnwritten = 0xFF;  // NaN in every floating-point type
    static constexpr unsigned char kGuard = 0xC3;

    // `bytes` of memory filled with `fill`, `offset` bytes behind a 256-byte boundary.
    explicit GuardedBuffer(Memory &memory, size_t bytes, size_t offset = 0,
                           unsigned char fill = kUnwritten);
    ~GuardedBuffer();
    GuardedBuffer(GuardedBuffer &&other) noexcept;
    GuardedBuffer(const GuardedBuffer &) = delete;
    GuardedBuffer &operator=(const GuardedBuffer &) = delete;
    GuardedBuffer &operator=(GuardedBuffer &&) = delete;

    void *data() const { return data_; }  // never NULL, also of 0 bytes
    size_t bytes() const { return bytes_; }
    template <typename T>
    T *as() const {
        return static_cast<T *>(data_);
    }

    // Whatever is in it now counts as uninitialised, where the backend can tell.
    void forget() { memory_.forget(data_, bytes_); }
    void write(const void *host, size_t bytes);  // from the start of the buffer
    std::vector<std::byte> read() const;

    // Throws std::runtime_error naming `what` where a canary is dead.
    void check_guards(const std::string &what) const;

  private:
    Memory &memory_;
    void *allocation_ = nullptr;
    void *data_ = nullptr;
    size_t bytes_ = 0;
    size_t offset_ = 0;
    size_t total() const { return 2 * kGuardBytes + offset_ + bytes_; }
};

}  // namespace jsnorm::test

#endif
