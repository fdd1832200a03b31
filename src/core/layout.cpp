// SPDX-License-Identifier: Apache-2.0
#include "src/core/layout.hpp"

#include <algorithm>

namespace jsnorm {

int64_t Layout::elements() const {
    int64_t count = 1;
    for (int32_t axis = 0; axis < rank; ++axis) {
        if (dims[axis] == 0) return 0;
    }
    for (int32_t axis = 0; axis < rank; ++axis) count *= dims[axis];
    return count;
}

size_t bytes_of(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_FLOAT:
            return 4;
        case JSNORM_DOUBLE:
            return 8;
        default:
            return 2;
    }
}

bool is_data_type(jsnormDataType_t type) {
    return type >= JSNORM_FLOAT && type <= JSNORM_BFLOAT16;
}

const char *name_of(jsnormDataType_t type) {
    constexpr const char *kNames[] = {"float", "double", "half", "bfloat16"};
    return is_data_type(type) ? kNames[type] : "unknown";
}

bool same_dims(const Layout &a, const Layout &b) {
    return a.rank == b.rank && std::equal(a.dims, a.dims + a.rank, b.dims);
}

bool same_strides(const Layout &a, const Layout &b) {
    if (!same_dims(a, b)) return false;
    for (int32_t axis = 0; axis < a.rank; ++axis) {
        if (a.dims[axis] > 1 && a.strides[axis] != b.strides[axis]) return false;
    }
    return true;
}

bool is_packed(const Layout &layout) {
    Layout packed = layout;
    return set_packed_strides(packed) && same_strides(layout, packed);
}

bool is_dense(const Layout &layout) {
    if (layout.empty()) return true;
    // Taken from the innermost outwards, each stride must be the product of the sizes inside it.
    int64_t expected = 1;
    bool taken[JSNORM_MAX_RANK] = {};
    for (int32_t round = 0; round < layout.rank; ++round) {
        for (int32_t axis = 0; axis < layout.rank; ++axis) {
            if (taken[axis]) continue;
            if (layout.dims[axis] == 1 || layout.strides[axis] == expected) {
                taken[axis] = true;
                expected *= layout.dims[axis];
                break;
            }
        }
    }
    return std::all_of(taken, taken + layout.rank, [](bool is_taken) { return is_taken; });
}

OffsetRange offsets_of(const Layout &layout) {
    if (layout.empty()) return {0, -1};
    OffsetRange range = {0, 0};
    for (int32_t axis = 0; axis < layout.rank; ++axis) {
        const int64_t reach = (layout.dims[axis] - 1) * layout.strides[axis];
        (reach < 0 ? range.first : range.last) += reach;
    }
    return range;
}

bool set_packed_strides(Layout &layout) {
    int64_t stride = 1;
    for (int32_t axis = layout.rank - 1; axis >= 0; --axis) {
        layout.strides[axis] = stride;
        if (__builtin_mul_overflow(stride, std::max<int64_t>(layout.dims[axis], 1), &stride)) {
            return false;
        }
    }
    return true;
}

bool is_representable(const Layout &layout) {
    int64_t count = 1;
    int64_t below = 0;
    int64_t above = 0;
    for (int32_t axis = 0; axis < layout.rank; ++axis) {
        const int64_t size = std::max<int64_t>(layout.dims[axis], 1);
        int64_t reach = 0;
        if (__builtin_mul_overflow(count, size, &count) ||
            (size > 1 && __builtin_mul_overflow(size - 1, layout.strides[axis], &reach))) {
            return false;
        }
        int64_t &side = reach < 0 ? below : above;
        if (__builtin_add_overflow(side, reach, &side)) return false;
    }
    const int64_t bytes = static_cast<int64_t>(bytes_of(layout.type));
    int64_t ignored = 0;
    return !__builtin_add_overflow(above, 1, &above) &&  // the end of the last element
           !__builtin_mul_overflow(count, bytes, &ignored) &&
           !__builtin_mul_overflow(below, bytes, &ignored) &&
           !__builtin_mul_overflow(above, bytes, &ignored) &&
           !__builtin_sub_overflow(above * bytes, below * bytes, &ignored);
}

}  // namespace jsnorm
