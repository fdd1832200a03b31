// SPDX-License-Identifier: Apache-2.0
// How a backend cuts up the caller's workspace: arrays one after the other, each aligned. Array is
// the backend's enumeration of its arrays, which ends with kCount. The caller's memory may begin
// anywhere: the size has room for the first array to begin at an aligned address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "jsnorm/jsnorm.h"

namespace jsnorm {

inline constexpr size_t kWorkspaceAlignment = 256;

inline size_t aligned_size(size_t bytes) {
    return (bytes + kWorkspaceAlignment - 1) / kWorkspaceAlignment * kWorkspaceAlignment;
}

// Where the arrays begin in the caller's workspace; NULL in none.
inline void *aligned_workspace(void *given) {
    const auto address = reinterpret_cast<uintptr_t>(given);
    return static_cast<std::byte *>(given) + (aligned_size(address) - address);
}

template <class Array>
class WorkspaceLayout {
  public:
    void add(Array array, size_t bytes) {
        offsets_[static_cast<size_t>(array)] = bytes_;
        bytes_ += aligned_size(bytes);
    }
    // 0 for an array that was not added: an operation must not use it.
    size_t offset(Array array) const { return offsets_[static_cast<size_t>(array)]; }
    // What the caller is asked for.
    size_t bytes() const { return bytes_ == 0 ? 0 : bytes_ + kWorkspaceAlignment; }

  private:
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
