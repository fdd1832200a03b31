// SPDX-License-Identifier: Apache-2.0
// Type, dimensions and strides of a tensor as plain data, and what follows from them.
#pragma once

#include <cstddef>

#include "jsnorm/jsnorm.h"

namespace jsnorm {

struct Layout {
    jsnormDataType_t type = JSNORM_FLOAT;
    int32_t rank = 0;  // 0: never set
    int64_t dims[JSNORM_MAX_RANK] = {};
    int64_t strides[JSNORM_MAX_RANK] = {};

    int64_t elements() const;
    bool empty() const { return elements() == 0; }
};

size_t bytes_of(jsnormDataType_t type);
// Bytes of the type of arithmetic for elements of this type.
inline size_t compute_bytes(jsnormDataType_t type) {
    return type == JSNORM_DOUBLE ? 8 : 4;
}

bool is_data_type(jsnormDataType_t type);
const char *name_of(jsnormDataType_t type);

bool same_dims(const Layout &a, const Layout &b);

// Strides of axes of size 1 do not matter.
bool same_strides(const Layout &a, const Layout &b);

// Packed and row-major.
bool is_packed(const Layout &layout);

// Packed under some order of the axes: element offsets are exactly 0..elements-1.
bool is_dense(const Layout &layout);

// Whether two elements lie at one place. kUnknown: strides in no order, and a search that was given
// up.
enum class SelfOverlap { kNone, kSome, kUnknown };
SelfOverlap self_overlap(const Layout &layout);

// Smallest and largest element offset; {0, -1} for an empty tensor.
struct OffsetRange {
    int64_t first;
    int64_t last;
};
OffsetRange offsets_of(const Layout &layout);

// Fills packed row-major strides. False where the number of elements overflows.
bool set_packed_strides(Layout &layout);

// False where the number of elements or any byte offset overflows 64 bits.
bool is_representable(const Layout &layout);

}  // namespace jsnorm
