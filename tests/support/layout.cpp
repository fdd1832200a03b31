// SPDX-License-Identifier: Apache-2.0

#include "tests/support/layout.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/float_types.hpp"

namespace jsnorm::test {
namespace {

// Storage index of element 0: negative strides reach down from it.
int64_t first_index(const std::vector<int64_t> &dims, const std::vector<int64_t> &strides) {
    int64_t first = 0;
    for (size_t axis = 0; axis < dims.size(); ++axis)
        if (strides[axis] < 0 && dims[axis] > 1) first -= strides[axis] * (dims[axis] - 1);
    return first;
}

size_t storage_size(const std::vector<int64_t> &storage) {
    return storage.empty()
               ? 0
               : static_cast<size_t>(*std::max_element(storage.begin(), storage.end())) + 1;
}

}  // namespace

const char *name_of(Layout layout) {
    switch (layout) {
        case Layout::Packed:
            return "packed";
        case Layout::ChannelsLast:
            return "channels last";
        case Layout::Strided:
            return "strided";
        case Layout::Reversed:
            return "reversed";
    }
    return "?";
}

std::vector<Layout> every_layout() {
    return {Layout::Packed, Layout::ChannelsLast, Layout::Strided, Layout::Reversed};
}

bool is_dense(Layout layout) {
    return layout == Layout::Packed || layout == Layout::ChannelsLast;
}

std::vector<int64_t> strides_of(Layout layout, const std::vector<int64_t> &dims) {
    const size_t rank = dims.size();
    std::vector<int64_t> strides(rank);
    const auto fill = [&](size_t axis, int64_t &next, int64_t gap) {
        strides[axis] = next;
        next = next * std::max<int64_t>(dims[axis], 1) + gap;
    };
    int64_t next = layout == Layout::Strided ? 2 : 1;
    const bool channels_last = layout == Layout::ChannelsLast && rank > 1;
    if (channels_last) fill(1, next, 0);
    for (size_t axis = rank; axis-- > 0;)
        if (axis != 1 || !channels_last) fill(axis, next, layout == Layout::Strided ? 3 : 0);
    if (layout == Layout::Reversed)
        for (int64_t &stride : strides) stride = -stride;
    return strides;
}

std::vector<int64_t> storage_indices(Layout layout, const std::vector<int64_t> &dims) {
    const std::vector<int64_t> strides = strides_of(layout, dims);
    std::vector<int64_t> indices = {first_index(dims, strides)};
    for (size_t axis = 0; axis < dims.size(); ++axis) {
        std::vector<int64_t> finer;
        for (const int64_t index : indices)
            for (int64_t i = 0; i < dims[axis]; ++i) finer.push_back(index + i * strides[axis]);
        indices = std::move(finer);
    }
    return indices;
}

TensorBuffer::TensorBuffer(Memory &memory, jsnormDataType_t type, const std::vector<int64_t> &dims,
                           Layout layout, int misalign_elements)
    : type_(type),
      storage_(storage_indices(layout, dims)),
      first_(storage_.empty() ? 0 : static_cast<size_t>(storage_[0])),
      buffer_(memory, storage_size(storage_) * size_of(type),
              static_cast<size_t>(misalign_elements) * size_of(type)) {}

void *TensorBuffer::data() const {
    return buffer_.as<std::byte>() + first_ * size_of(type_);
}

void TensorBuffer::write(const std::vector<double> &logical) {
    if (logical.size() != storage_.size()) throw std::invalid_argument("TensorBuffer::write: size");
    written_.assign(buffer_.bytes(), std::byte{GuardedBuffer::kUnwritten});
    for (size_t e = 0; e < logical.size(); ++e)
        store(type_, written_.data() + static_cast<size_t>(storage_[e]) * size_of(type_),
              logical[e]);
    buffer_.write(written_.data(), written_.size());
}

std::vector<double> TensorBuffer::read() const {
    const std::vector<std::byte> elements = read_bytes();
    std::vector<double> logical(storage_.size());
    for (size_t e = 0; e < logical.size(); ++e)
        logical[e] = load(type_, elements.data() + e * size_of(type_));
    return logical;
}

std::vector<std::byte> TensorBuffer::read_bytes() const {
    const std::vector<std::byte> all = buffer_.read();
    const size_t size = size_of(type_);
    std::vector<std::byte> elements(storage_.size() * size);
    for (size_t e = 0; e < storage_.size(); ++e)
        std::memcpy(elements.data() + e * size,
                    all.data() + static_cast<size_t>(storage_[e]) * size, size);
    return elements;
}

void TensorBuffer::check_output(const std::string &what) const {
    buffer_.check_guards(what);
    std::vector<std::byte> all = buffer_.read();
    const size_t size = size_of(type_);
    for (const int64_t index : storage_)
        std::memset(all.data() + static_cast<size_t>(index) * size, GuardedBuffer::kUnwritten,
                    size);
    for (size_t i = 0; i < all.size(); ++i)
        if (all[i] != std::byte{GuardedBuffer::kUnwritten})
            throw std::runtime_error(what + ": a gap between elements was written, byte " +
                                     std::to_string(i));
}

void TensorBuffer::check_input(const std::string &what) const {
    buffer_.check_guards(what);
    if (buffer_.read() != written_) throw std::runtime_error(what + ": an input was written");
}

}  // namespace jsnorm::test
