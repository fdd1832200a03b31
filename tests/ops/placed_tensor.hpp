// SPDX-License-Identifier: Apache-2.0
//
// A tensor of bytes in host memory, with the strides and the alignment that a test wants. Tensors
// that span gigabytes are mapped, not allocated: only the pages of their elements ever exist.
#ifndef JSNORM_TESTS_OPS_PLACED_TENSOR_HPP
#define JSNORM_TESTS_OPS_PLACED_TENSOR_HPP

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#include <utility>
#include <vector>

#include "tests/support/buffer.hpp"
#include "tests/support/test_backend.hpp"

namespace jsnorm::test {

struct Placement {
    std::vector<int64_t> strides;  // in elements; none: packed
    int64_t shift = 0;  // in elements: how far the lowest element is behind a 256-byte boundary
};

inline std::vector<int64_t> packed_strides(const std::vector<int64_t> &dims) {
    std::vector<int64_t> strides(dims.size(), 1);
    for (size_t axis = dims.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * std::max<int64_t>(dims[axis], 1);
    return strides;
}

// Strides of axes that lie in memory in the order given, outermost first, with `gap` elements
// between one index of an axis and the next.
inline std::vector<int64_t> ordered_strides(const std::vector<int64_t> &dims,
                                            const std::vector<size_t> &outermost_first,
                                            int64_t gap = 0) {
    std::vector<int64_t> strides(dims.size());
    int64_t next = 1 + gap;
    for (size_t i = outermost_first.size(); i-- > 0;) {
        strides[outermost_first[i]] = next;
        next = next * dims[outermost_first[i]] + gap;
    }
    return strides;
}

// Every order of the axes, row-major first.
inline std::vector<std::vector<size_t>> every_order(size_t rank) {
    std::vector<size_t> order(rank);
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<std::vector<size_t>> orders;
    do orders.push_back(order);
    while (std::next_permutation(order.begin(), order.end()));
    return orders;
}

class PlacedTensor {
  public:
    static constexpr int64_t kAlignment = 256;
    static constexpr int64_t kMapped = int64_t{1} << 28;  // from so many bytes on

    PlacedTensor(size_t element_size, std::vector<int64_t> dims, const Placement &placement,
                 unsigned char fill = 0xFF)
        : size_(static_cast<int64_t>(element_size)), dims_(std::move(dims)), fill_(fill) {
        strides_ = placement.strides.empty() ? packed_strides(dims_) : placement.strides;
        int64_t last = 0;
        for (size_t axis = 0; axis < dims_.size(); ++axis) {
            empty_ |= dims_[axis] == 0;
            if (dims_[axis] <= 1) continue;
            const int64_t reach = (dims_[axis] - 1) * strides_[axis];
            (reach < 0 ? first_ : last) += reach;
        }
        bytes_ = empty_ ? 0 : (last - first_ + 1) * size_;
        total_ = placement.shift * size_ + bytes_;
        allocate();
        lowest_ = memory_ + placement.shift * size_;
    }
    PlacedTensor(PlacedTensor &&other) noexcept
        : size_(other.size_),
          dims_(std::move(other.dims_)),
          strides_(std::move(other.strides_)),
          fill_(other.fill_),
          empty_(other.empty_),
          first_(other.first_),
          bytes_(other.bytes_),
          total_(other.total_),
          memory_(std::exchange(other.memory_, nullptr)),
          lowest_(other.lowest_) {}
    ~PlacedTensor() {
        if (memory_ != nullptr) release();
    }
    PlacedTensor(const PlacedTensor &) = delete;
    PlacedTensor &operator=(const PlacedTensor &) = delete;
    PlacedTensor &operator=(PlacedTensor &&) = delete;

    void *data() const { return lowest_ - first_ * size_; }  // of element 0

    // Elements in logical order.
    void write(const std::vector<std::byte> &logical) {
        copy(const_cast<std::byte *>(logical.data()),
             [](std::byte *memory, std::byte *element, size_t n) {
                 memory_of(test_backend()).upload(memory, element, n);
             });
    }
    std::vector<std::byte> read() const {
        int64_t elements = 1;
        for (const int64_t size : dims_) elements *= size;
        std::vector<std::byte> logical(static_cast<size_t>(elements * size_));
        copy(logical.data(), [](std::byte *memory, std::byte *element, size_t n) {
            memory_of(test_backend()).download(element, memory, n);
        });
        return logical;
    }

    // Of mapped tensors nobody looks.
    bool gaps_are_unwritten() const {
        if (is_mapped() || strides_ == packed_strides(dims_)) return true;
        std::vector<std::byte> all(static_cast<size_t>(bytes_));
        if (bytes_ > 0) memory_of(test_backend()).download(all.data(), lowest_, all.size());
        const std::vector<std::byte> unwritten(all.size(), std::byte{fill_});
        copy(nullptr, [&](std::byte *memory, std::byte *, size_t n) {
            std::memset(all.data() + (memory - lowest_), fill_, n);
        });
        return all == unwritten;
    }

  private:
    bool is_mapped() const { return total_ >= kMapped; }

    void release() {
        if (test_backend() != JSNORM_BACKEND_CPU) {
            memory_of(test_backend()).release(memory_);
        } else if (is_mapped()) {
            munmap(memory_, static_cast<size_t>(total_));
        } else {
            std::free(memory_);
        }
    }

    void allocate() {
        void *memory = nullptr;
        if (test_backend() != JSNORM_BACKEND_CPU) {
            memory = memory_of(test_backend()).allocate(static_cast<size_t>(total_));
            memory_ = static_cast<std::byte *>(memory);
            if (!is_mapped()) fill_all();
            return;
        }
        if (is_mapped()) {
            memory = mmap(nullptr, static_cast<size_t>(total_), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (memory == MAP_FAILED) throw std::bad_alloc();
        } else {
            const int64_t least = 1;  // so that there is a pointer
            if (posix_memalign(&memory, kAlignment, static_cast<size_t>(std::max(total_, least))) !=
                0)
                throw std::bad_alloc();
            std::memset(memory, fill_, static_cast<size_t>(total_));
        }
        memory_ = static_cast<std::byte *>(memory);
    }

    void fill_all() {
        const std::vector<std::byte> image(static_cast<size_t>(total_), std::byte{fill_});
        memory_of(test_backend()).upload(memory_, image.data(), image.size());
    }

    // Calls move(memory, element, bytes) for every run of elements that lies in one piece.
    template <class Move>
    void copy(std::byte *logical, const Move &move) const {
        if (empty_) return;
        int64_t run = 1;  // of the innermost axes, packed
        size_t outer = dims_.size();
        while (outer > 0 && (dims_[outer - 1] == 1 || strides_[outer - 1] == run))
            run *= dims_[--outer];
        std::vector<int64_t> index(outer, 0);
        const auto n = static_cast<size_t>(run * size_);
        auto *element_0 = static_cast<std::byte *>(data());
        for (;;) {
            int64_t offset = 0;
            for (size_t axis = 0; axis < outer; ++axis)
                if (dims_[axis] > 1) offset += index[axis] * strides_[axis];
            move(element_0 + offset * size_, logical, n);
            if (logical != nullptr) logical += n;
            size_t axis = outer;
            while (axis > 0 && ++index[axis - 1] == dims_[axis - 1]) index[--axis] = 0;
            if (axis == 0) return;
        }
    }

    int64_t size_;
    std::vector<int64_t> dims_;
    std::vector<int64_t> strides_;
    unsigned char fill_;
    bool empty_ = false;
    int64_t first_ = 0;  // element offset of the lowest element
    int64_t bytes_ = 0;
    int64_t total_ = 0;
    std::byte *memory_ = nullptr;
    std::byte *lowest_ = nullptr;
};

}  // namespace jsnorm::test

#endif
