// SPDX-License-Identifier: Apache-2.0
#include "backend_memory.hpp"

#include <utility>

namespace digits {

CallArrays::CallArrays(CallArrays &&other) noexcept
    : memory_(other.memory_), copies_(std::move(other.copies_)), used_(other.used_) {
    other.copies_.clear();
}

CallArrays::~CallArrays() {
    for (const Copy &copy : copies_) memory_->release(copy.device);
}

void *CallArrays::place(void *host, size_t bytes, bool reads, bool writes) {
    if (memory_ == nullptr || host == nullptr) return host;
    for (size_t i = 0; i < used_; ++i) {  // in place: one array for both
        Copy &same = copies_[i];
        if (same.host != host) continue;
        if (reads && !same.is_input) memory_->upload(same.device, host, bytes);
        same.is_input = same.is_input || reads;
        same.is_output = same.is_output || writes;
        return same.device;
    }
    if (used_ == copies_.size()) copies_.emplace_back();
    Copy &copy = copies_[used_++];
    if (copy.capacity < bytes) {
        if (copy.device != nullptr) memory_->release(copy.device);
        copy.device = memory_->allocate(bytes);
        copy.capacity = bytes;
    }
    copy.host = host;
    copy.bytes = bytes;
    copy.is_input = reads;
    copy.is_output = writes;
    if (reads) memory_->upload(copy.device, host, bytes);
    return copy.device;
}

void CallArrays::finish() {
    for (size_t i = 0; i < used_; ++i) {
        const Copy &copy = copies_[i];
        if (copy.is_output) memory_->download(copy.host, copy.device, copy.bytes);
    }
    used_ = 0;
}

}  // namespace digits
