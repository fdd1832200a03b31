// SPDX-License-Identifier: Apache-2.0
// Scratch memory that grows to the largest operation asked for, and is then reused.
#pragma once

#include <cstddef>
#include <jsnorm/jsnorm.hpp>
#include <memory>

namespace digits {

class Workspace {
  public:
    void reserve(const jsnorm::Handle &handle, const jsnorm::NormDescriptor &norm,
                 const jsnorm::TensorDescriptor &x, jsnormOperation_t operation) {
        const size_t bytes = jsnorm::workspace_size(handle, norm, x, operation).or_throw();
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
