// SPDX-License-Identifier: Apache-2.0
// The element types: half and bfloat16 as bits with conversions, and the type of arithmetic for
// each. Conversions to 16 bits round to nearest even, keep NaN and overflow to infinity; subnormals
// are honoured.
#pragma once

#include <bit>
#include <type_traits>

#include "kernels/math/portable.cuh"

namespace jsnorm {

struct Half {
    uint16_t bits;
};

struct BFloat16 {
    uint16_t bits;
};

// The type of arithmetic for elements of type T: float, or double for double.
template <class T>
using Compute = std::conditional_t<std::is_same_v<T, double>, double, float>;

JSNORM_HD inline float widen(float value) {
    return value;
}
JSNORM_HD inline double widen(double value) {
    return value;
}

JSNORM_HD inline float widen(Half value) {
    const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000u) << 16;
    const uint32_t magnitude = static_cast<uint32_t>(value.bits & 0x7fffu) << 13;
    // A product moves the exponent: exact, for subnormals too. Infinity and NaN keep a full
    // exponent instead.
    const uint32_t finite = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
    const uint32_t special = magnitude | 0x7f800000u;
    return std::bit_cast<float>(sign | ((value.bits & 0x7c00u) == 0x7c00u ? special : finite));
}

JSNORM_HD inline float widen(BFloat16 value) {
    return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
}

template <class T, class Acc>
JSNORM_HD T narrow(Acc value);

template <>
JSNORM_HD inline float narrow<float>(float value) {
    return value;
}
template <>
JSNORM_HD inline float narrow<float>(double value) {
    return static_cast<float>(value);
}
template <>
JSNORM_HD inline double narrow<double>(double value) {
    return value;
}

template <>
JSNORM_HD inline Half narrow<Half>(float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint32_t magnitude = bits & 0x7fffffffu;
    // Below 2^-14 the sum with 0.5 leaves the half's subnormal in its last bits, rounded by the
    // adder itself.
    const uint32_t subnormal =
        std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
    const uint32_t normal = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
    uint32_t result = magnitude < 0x38800000u ? subnormal : normal;
    if (magnitude >= 0x477ff000u) result = 0x7c00u;
    if (magnitude > 0x7f800000u) result = 0x7e00u;
    return Half{static_cast<uint16_t>(result | ((bits >> 16) & 0x8000u))};
}

template <>
JSNORM_HD inline BFloat16 narrow<BFloat16>(float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return BFloat16{static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : rounded)};
}

// A float that rounds to 16 bits as the double itself would: it is rounded to odd, so that the
// second rounding meets a tie only where the double is one.
JSNORM_HD inline float to_odd_float(double value) {
    const float nearest = static_cast<float>(value);
    if (static_cast<double>(nearest) == value || value != value) return nearest;
    const bool away = std::fabs(static_cast<double>(nearest)) > std::fabs(value);
    return std::bit_cast<float>((std::bit_cast<uint32_t>(nearest) - (away ? 1u : 0u)) | 1u);
}

template <>
JSNORM_HD inline Half narrow<Half>(double value) {
    return narrow<Half>(to_odd_float(value));
}
template <>
JSNORM_HD inline BFloat16 narrow<BFloat16>(double value) {
    return narrow<BFloat16>(to_odd_float(value));
}

}  // namespace jsnorm
