// SPDX-License-Identifier: Apache-2.0
// Arrays whose type is known only at run time: parameters, their gradients, running statistics.
#pragma once

#include "src/core/with_type.hpp"

namespace jsnorm::cpu {

template <class To>
void load_values(const void *array, jsnormDataType_t type, int64_t count, To *values) {
    with_type(type, [&](auto tag) {
        const auto *from = static_cast<const decltype(tag) *>(array);
        for (int64_t i = 0; i < count; ++i) values[i] = static_cast<To>(widen(from[i]));
    });
}

// Writes values[0..count) to entries first, first + 1, ...; does nothing if `array` is NULL.
inline void store_values(void *array, jsnormDataType_t type, int64_t first, int64_t count,
                         const double *values) {
    if (array == nullptr) return;
    with_type(type, [&](auto tag) {
        auto *to = static_cast<decltype(tag) *>(array) + first;
        for (int64_t i = 0; i < count; ++i) to[i] = narrow<decltype(tag)>(values[i]);
    });
}

}  // namespace jsnorm::cpu
