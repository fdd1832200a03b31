// SPDX-License-Identifier: Apache-2.0
// From the index of a cell, or of an element of a cell, to an offset in memory, for every operand
// of a kernel: src/core/view.hpp in a form for kernels.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"

namespace jsnorm::gpu {

// Division by a divisor that is known beforehand: numbers below 2^31 are divided by a product.
struct Divisor {
    int64_t value = 1;
    uint32_t multiplier = 1u << 31;
    int32_t shift = 31;
};

// value: below 2^31 for divide_small. 0 is allowed where nobody divides.
inline Divisor make_divisor(int64_t value) {
    if (value <= 1) return {};
    if (value >= (int64_t{1} << 31)) return {value, 0, 63};
    int32_t log = 0;  // of the next power of two
    while ((int64_t{1} << log) < value) ++log;
    const uint64_t power = uint64_t{1} << (31 + log);
    const auto divisor = static_cast<uint64_t>(value);
    return {value, static_cast<uint32_t>((power + divisor - 1) / divisor), 31 + log};
}

// number and divisor below 2^31.
JSNORM_HD inline int32_t divide_small(int32_t number, const Divisor &by) {
    return static_cast<int32_t>(
        static_cast<uint64_t>(static_cast<uint32_t>(number)) * by.multiplier >> by.shift);
}

JSNORM_HD inline int64_t divide(int64_t number, const Divisor &by) {
    if (((number | by.value) >> 31) == 0) return divide_small(static_cast<int32_t>(number), by);
    return number / by.value;
}

inline constexpr int kMaxAxes = 8;
inline constexpr int kMaxOperands = 4;

// An index space, row-major, with the stride of each axis in each operand.
struct AxisMap {
    int32_t count = 1;
    Divisor size[kMaxAxes];
    int64_t stride[kMaxAxes][kMaxOperands] = {};
};

// Element offset of an index in one operand. Any number of axes; each but the first costs a
// division.
JSNORM_DEVICE int64_t offset_of(const AxisMap &axes, int64_t index, int operand) {
    int64_t offset = 0;
    JSNORM_ROLLED
    for (int32_t axis = axes.count - 1; axis > 0; --axis) {
        const int64_t outer = divide(index, axes.size[axis]);
        offset += (index - outer * axes.size[axis].value) * axes.stride[axis][operand];
        index = outer;
    }
    return offset + index * axes.stride[0][operand];
}

// The elements of a cell as at most two axes: the form that accesses of 16 bytes need.
struct Plane {
    Divisor inner;  // size of the inner axis, below 2^30
    int64_t inner_stride[kMaxOperands] = {};
    int64_t outer_stride[kMaxOperands] = {};
};

// The place of a tile's first element; other elements are a small distance away.
struct PlanePlace {
    int64_t outer = 0;
    int32_t inner = 0;
};

JSNORM_DEVICE PlanePlace place_of(const Plane &plane, int64_t first) {
    const int64_t outer = divide(first, plane.inner);
    return {outer, static_cast<int32_t>(first - outer * plane.inner.value)};
}

// distance: below 2^30.
JSNORM_DEVICE int64_t plane_offset(const Plane &plane, const PlanePlace &place, int32_t distance,
                                   int operand) {
    const int32_t position = place.inner + distance;
    const int32_t outer = divide_small(position, plane.inner);
    const int32_t inner = position - outer * static_cast<int32_t>(plane.inner.value);
    return (place.outer + outer) * plane.outer_stride[operand] +
           inner * plane.inner_stride[operand];
}

}  // namespace jsnorm::gpu
