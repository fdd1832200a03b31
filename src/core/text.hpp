// SPDX-License-Identifier: Apache-2.0
// Text for the caller, written into a buffer of fixed size and counted beyond it, as snprintf does.
#pragma once

#include <cstddef>

namespace jsnorm {

class Text {
  public:
    // buffer: may be NULL where bytes is 0. Always terminated where bytes is not 0.
    Text(char *buffer, size_t bytes);

    [[gnu::format(printf, 2, 3)]] void add(const char *format, ...);

    // Characters of the whole text, without the terminator, whether they fitted or not.
    size_t length() const { return length_; }

  private:
    char *buffer_;
    size_t bytes_;
    size_t length_ = 0;
};

}  // namespace jsnorm
