// SPDX-License-Identifier: Apache-2.0
#include "src/core/text.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace jsnorm {

Text::Text(char *buffer, size_t bytes) : buffer_(buffer), bytes_(bytes) {
    if (bytes_ != 0) buffer_[0] = '\0';
}

void Text::add(const char *format, ...) {
    const size_t used = std::min(length_, bytes_);
    std::va_list arguments;
    va_start(arguments, format);
    const int added =
        std::vsnprintf(bytes_ == 0 ? nullptr : buffer_ + used, bytes_ - used, format, arguments);
    va_end(arguments);
    if (added > 0) length_ += static_cast<size_t>(added);
}

}  // namespace jsnorm
