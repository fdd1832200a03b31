// SPDX-License-Identifier: Apache-2.0
// Arrays of K or P entries whose type is known only at run time: parameters, running statistics and
// their gradients.
#pragma once

#include "kernels/scalar.cuh"
#include "src/core/layout.hpp"

namespace jsnorm::cpu {

// Calls body with a value of the C++ type of a data type: body(float{}), body(Half{}), ...
template <class Body>
decltype(auto) with_type(jsnormDataType_t type, const Body &body) {
    switch (type) {
        case JSNORM_DOUBLE:
            return body(double{});
        case JSNORM_HALF:
            return body(Half{});
        case JSNORM_BFLOAT16:
            return body(BFloat16{});
        default:
            return body(float{});
    }
}

inline double load_value(const void *array, jsnormDataType_t type, int64_t index) {
    return with_type(type, [&](auto tag) {
        return static_cast<double>(widen(static_cast<const decltype(tag) *>(array)[index]));
    });
}

inline void store_value(void *array, jsnormDataType_t type, int64_t index, double value) {
    with_type(type, [&](auto tag) {
        static_cast<decltype(tag) *>(array)[index] = narrow<decltype(tag)>(value);
    });
}

// values[0..count) to entries first, first + 1, ...; nothing where there is no array.
inline void store_values(void *array, jsnormDataType_t type, int64_t first, int64_t count,
                         const double *values) {
    if (array == nullptr) return;
    with_type(type, [&](auto tag) {
        auto *to = static_cast<decltype(tag) *>(array) + first;
        for (int64_t i = 0; i < count; ++i) to[i] = narrow<decltype(tag)>(values[i]);
    });
}

}  // namespace jsnorm::cpu
