// SPDX-License-Identifier: Apache-2.0
#include "src/simt/lazy_bytes.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace simt {
namespace {

constexpr size_t kMapped = size_t{1} << 20;  // from this size on by mmap, else from the heap

}  // namespace

LazyBytes::LazyBytes(size_t size) : size_(size) {
    void *memory = nullptr;
    if (size < kMapped) {
        memory = std::calloc(size ? size : 1, 1);
    } else {
        memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) memory = nullptr;
    }
    if (!memory) {
        std::perror("memory of the executor");
        std::abort();
    }
    data_ = static_cast<char *>(memory);
}

LazyBytes::LazyBytes(LazyBytes &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

LazyBytes &LazyBytes::operator=(LazyBytes &&other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

LazyBytes::~LazyBytes() {
    if (!data_) return;
    if (size_ < kMapped)
        std::free(data_);
    else
        munmap(data_, size_);
}

}  // namespace simt
