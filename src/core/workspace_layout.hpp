// SPDX-License-Identifier: Apache-2.0
// How a backend cuts up the caller's workspace: arrays one after the other, each aligned. Array is
// the backend's enumeration of its arrays, which ends with kCount.
#pragma once

#include <array>
#include <cstddef>

#include "jsnorm/jsnorm.h"

namespace jsnorm {

template <class Array>
class WorkspaceLayout {
  public:
    void add(Array array, size_t bytes) {
        offsets_[static_cast<size_t>(array)] = bytes_;
        bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    }
    // 0 for an array that was not added: an operation must not use it.
    size_t offset(Array array) const { return offsets_[static_cast<size_t>(array)]; }
    size_t bytes() const { return bytes_; }

  private:
    static constexpr size_t kAlignment = JSNORM_WORKSPACE_ALIGNMENT;
    std::array<size_t, static_cast<size_t>(Array::kCount)> offsets_ = {};
    size_t bytes_ = 0;
};

}  // namespace jsnorm
