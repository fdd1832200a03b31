// SPDX-License-Identifier: Apache-2.0
// How a backend cuts up the caller's workspace: arrays one after the other, each aligned. Array is
// the backend's enumeration of its arrays, which ends with kCount.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

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

// The arrays that each operation of a backend uses, in the order of the workspace.
template <class Array>
struct OperationArrays {
    using List = std::initializer_list<Array>;
    List forward;   // training and inference
    List backward;  // through statistics, and through fixed ones
    List forward_statistics;
    List forward_finalize;
    List backward_reduce;
    List backward_finalize;
    List apply;  // forward and backward

    List of(jsnormOperation_t operation) const {
        switch (operation) {
            case JSNORM_FORWARD_TRAINING:
            case JSNORM_FORWARD_INFERENCE:
                return forward;
            case JSNORM_BACKWARD:
            case JSNORM_BACKWARD_FIXED_STATISTICS:
                return backward;
            case JSNORM_FORWARD_STATISTICS:
                return forward_statistics;
            case JSNORM_FORWARD_FINALIZE:
                return forward_finalize;
            case JSNORM_BACKWARD_REDUCE:
                return backward_reduce;
            case JSNORM_BACKWARD_FINALIZE:
                return backward_finalize;
            default:  // JSNORM_FORWARD_APPLY, JSNORM_BACKWARD_APPLY
                return apply;
        }
    }
};

}  // namespace jsnorm
