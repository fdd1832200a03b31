// SPDX-License-Identifier: Apache-2.0
//
// One piece of memory that both the backend under test and the host can reach, so that a test can
// spoil and compare it byte by byte.
#ifndef JSNORM_TESTS_API_ARENA_HPP
#define JSNORM_TESTS_API_ARENA_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tests/support/buffer.hpp"
#include "tests/support/test_backend.hpp"

namespace jsnorm::test::api {

class Arena {
  public:
    Arena() = default;
    ~Arena() {
        if (data_ != nullptr) memory().release(data_);
    }
    Arena(const Arena &) = delete;
    Arena &operator=(const Arena &) = delete;

    void allocate(size_t bytes, std::byte fill) {
        data_ = static_cast<std::byte *>(memory().allocate_shared(bytes));
        bytes_ = bytes;
        const std::vector<std::byte> image(bytes, fill);
        memory().upload(data_, image.data(), bytes);
    }
    std::byte *data() const { return data_; }
    size_t size() const { return bytes_; }
    std::vector<std::byte> copy() const { return {data_, data_ + bytes_}; }

  private:
    static Memory &memory() { return memory_of(test_backend()); }

    std::byte *data_ = nullptr;
    size_t bytes_ = 0;
};

}  // namespace jsnorm::test::api

#endif
