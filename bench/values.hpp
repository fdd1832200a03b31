// SPDX-License-Identifier: Apache-2.0
// Elements of float, half and bfloat16 as doubles. Reading goes by a table: the programme only
// fills and checks with it.
#pragma once

#include <jsnorm/jsnorm.h>

#include <cstdint>

#include "tests/support/float_types.hpp"

namespace jsnorm::bench {

struct Half {
    uint16_t bits;
};
struct Bfloat16 {
    uint16_t bits;
};

// 65536 values of a 16-bit type.
template <typename T>
const float *value_table(jsnormDataType_t type) {
    static const struct Table {
        explicit Table(jsnormDataType_t which) {
            for (uint32_t bits = 0; bits < 65536; ++bits) {
                const uint64_t wide = bits;  // its first two bytes; little-endian
                values[bits] = static_cast<float>(test::load(which, &wide));
            }
        }
        float values[65536];
    } table(type);
    return table.values;
}

inline float value_of(float x) {
    return x;
}
inline float value_of(Half x) {
    static const float *const table = value_table<Half>(JSNORM_HALF);
    return table[x.bits];
}
inline float value_of(Bfloat16 x) {
    static const float *const table = value_table<Bfloat16>(JSNORM_BFLOAT16);
    return table[x.bits];
}

// Calls `action` with a null pointer to the element type.
template <typename Action>
decltype(auto) with_type(jsnormDataType_t type, Action action) {
    switch (type) {
        case JSNORM_HALF:
            return action(static_cast<Half *>(nullptr));
        case JSNORM_BFLOAT16:
            return action(static_cast<Bfloat16 *>(nullptr));
        default:
            return action(static_cast<float *>(nullptr));
    }
}

}  // namespace jsnorm::bench
