// SPDX-License-Identifier: Apache-2.0
//
// The layouts that a logical tensor is given to the library in, and a tensor in backend memory that
// knows its layout.
#ifndef JSNORM_TESTS_SUPPORT_LAYOUT_HPP
#define JSNORM_TESTS_SUPPORT_LAYOUT_HPP

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/buffer.hpp"

namespace jsnorm::test {

enum class Layout {
    Packed,        // row-major: NCHW, (N, tokens, D)
    ChannelsLast,  // axis 1 innermost: NHWC; of a layer norm's (N, tokens, D) that is the tokens
    Strided,       // row-major with gaps: innermost stride 2, every outer axis padded; not dense
    Reversed,      // packed, with every stride negated; not dense
};

const char *name_of(Layout layout);
std::vector<Layout> every_layout();
bool is_dense(Layout layout);  // the mask of ReLU needs it
std::vector<int64_t> strides_of(Layout layout, const std::vector<int64_t> &dims);

// For every element, in logical order, where it lies from the first byte of the storage, counted in
// elements. Of dense layouts that is the position in memory order, which numbers the mask's bits.
std::vector<int64_t> storage_indices(Layout layout, const std::vector<int64_t> &dims);

class TensorBuffer {
  public:
    // Filled with 0xFF, its storage `misalign_elements` elements behind a 256-byte boundary.
    TensorBuffer(Memory &memory, jsnormDataType_t type, const std::vector<int64_t> &dims,
                 Layout layout, int misalign_elements);

    void *data() const;  // of element 0

    void write(const std::vector<double> &logical);  // rounds to the type
    std::vector<double> read() const;                // logical order
    std::vector<std::byte> read_bytes() const;       // of the elements, logical order

    // Throw std::runtime_error naming `what`: where a canary is dead or a gap was written, ...
    void check_output(const std::string &what) const;
    // ... or where any byte is not what write() left.
    void check_input(const std::string &what) const;

  private:
    jsnormDataType_t type_;
    std::vector<int64_t> storage_;  // of every logical element
    size_t first_ = 0;              // of element 0
    GuardedBuffer buffer_;
    std::vector<std::byte> written_;
};

}  // namespace jsnorm::test

#endif
