// SPDX-License-Identifier: Apache-2.0
//
// Memory that reads as zero and costs nothing until it is touched.
#pragma once

#include <cstddef>

namespace simt {

class LazyBytes {
  public:
    LazyBytes() = default;
    explicit LazyBytes(size_t size);
    LazyBytes(LazyBytes &&other) noexcept;
    LazyBytes &operator=(LazyBytes &&other) noexcept;
    ~LazyBytes();

    char *data() const { return data_; }
    size_t size() const { return size_; }

  private:
    char *data_ = nullptr;
    size_t size_ = 0;
};

}  // namespace simt
