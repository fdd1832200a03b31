// SPDX-License-Identifier: Apache-2.0
// Arrays out of one block of memory, each on a cache line of its own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jsnorm::distributed {

inline constexpr size_t kAlignment = 64;

inline size_t aligned(size_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Hands out arrays one after another, or counts their bytes where there is no memory.
class Carver {
  public:
    explicit Carver(void *memory) {
        if (memory == nullptr) return;
        const auto address = reinterpret_cast<uintptr_t>(memory);
        begin_ = static_cast<std::byte *>(memory) + (aligned(address) - address);
    }

    template <class T>
    T *take(size_t bytes) {
        T *array =
            begin_ == nullptr ? nullptr : static_cast<T *>(static_cast<void *>(begin_ + used_));
        used_ += aligned(bytes);
        return array;
    }

    // With room to begin anywhere.
    size_t bytes() const { return used_ + kAlignment; }

  private:
    std::byte *begin_ = nullptr;
    size_t used_ = 0;
};

}  // namespace jsnorm::distributed
