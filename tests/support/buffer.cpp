// SPDX-License-Identifier: Apache-2.0

#include "tests/support/buffer.hpp"

#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <stdexcept>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define JSNORM_TESTS_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JSNORM_TESTS_POISON 1
#endif
#endif
#if defined(JSNORM_TESTS_POISON)
#include <sanitizer/asan_interface.h>
#endif

namespace jsnorm::test {
namespace {

class HostMemory final : public Memory {
  public:
    void *allocate(size_t bytes) override {
        void *pointer = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
        if (pointer == nullptr) throw std::bad_alloc();
        return pointer;
    }
    void release(void *pointer) override { std::free(pointer); }
    void upload(void *device, const void *host, size_t bytes) override {
        std::memcpy(device, host, bytes);
    }
    void download(void *host, const void *device, size_t bytes) override {
        std::memcpy(host, device, bytes);
    }
#if defined(JSNORM_TESTS_POISON)
    void forbid(void *begin, size_t bytes) override {
        __asan_poison_memory_region(begin, bytes);
    }
    void permit(void *begin, size_t bytes) override {
        __asan_unpoison_memory_region(begin, bytes);
    }
#endif
};

std::map<jsnormBackend_t, Memory *> &memories() {
    static HostMemory host;
    static std::map<jsnormBackend_t, Memory *> registered = {{JSNORM_BACKEND_CPU, &host}};
    return registered;
}

unsigned char *bytes_at(void *allocation) {
    return static_cast<unsigned char *>(allocation);
}

}  // namespace

Memory &memory_of(jsnormBackend_t backend) {
    const auto found = memories().find(backend);
    if (found == memories().end())
        throw std::invalid_argument("no memory is registered for this backend");
    return *found->second;
}

void register_memory(jsnormBackend_t backend, Memory *memory) {
    memories()[backend] = memory;
}

GuardedBuffer::GuardedBuffer(Memory &memory, size_t bytes, size_t offset, unsigned char fill)
    : memory_(memory), bytes_(bytes), offset_(offset) {
    std::vector<unsigned char> image(total(), kGuard);
    std::memset(image.data() + kGuardBytes + offset_, fill, bytes_);
    allocation_ = memory_.allocate(total());
    memory_.upload(allocation_, image.data(), total());
    data_ = bytes_at(allocation_) + kGuardBytes + offset_;
    memory_.forbid(allocation_, kGuardBytes + offset_);
    memory_.forbid(bytes_at(data_) + bytes_, kGuardBytes);
}

GuardedBuffer::GuardedBuffer(GuardedBuffer &&other) noexcept
    : memory_(other.memory_),
      allocation_(std::exchange(other.allocation_, nullptr)),
      data_(other.data_),
      bytes_(other.bytes_),
      offset_(other.offset_) {}

GuardedBuffer::~GuardedBuffer() {
    if (allocation_ == nullptr) return;
    memory_.permit(allocation_, total());
    memory_.release(allocation_);
}

void GuardedBuffer::write(const void *host, size_t bytes) {
    if (bytes > bytes_) throw std::invalid_argument("GuardedBuffer::write beyond its end");
    if (bytes > 0) memory_.upload(data_, host, bytes);
}

std::vector<std::byte> GuardedBuffer::read() const {
    std::vector<std::byte> host(bytes_);
    if (bytes_ > 0) memory_.download(host.data(), data_, bytes_);
    return host;
}

void GuardedBuffer::check_guards(const std::string &what) const {
    std::vector<unsigned char> image(total());
    memory_.permit(allocation_, total());
    memory_.download(image.data(), allocation_, total());
    memory_.forbid(allocation_, kGuardBytes + offset_);
    memory_.forbid(bytes_at(data_) + bytes_, kGuardBytes);
    const size_t begin = kGuardBytes + offset_;
    for (size_t i = 0; i < total(); ++i) {
        if ((i >= begin && i < begin + bytes_) || image[i] == kGuard) continue;
        const bool before = i < begin;
        throw std::runtime_error(what + ": a stray write " +
                                 std::to_string(before ? begin - i : i - begin - bytes_ + 1) +
                                 (before ? " bytes before" : " bytes behind") + " its " +
                                 std::to_string(bytes_) + " bytes");
    }
}

}  // namespace jsnorm::test
