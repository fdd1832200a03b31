// SPDX-License-Identifier: Apache-2.0
//
// The data types of the library as the tests see them: every value is a double, rounded to nearest
// even straight from double (by way of float a half would be rounded twice), and stored as the
// bytes of its type.
#ifndef JSNORM_TESTS_SUPPORT_FLOAT_TYPES_HPP
#define JSNORM_TESTS_SUPPORT_FLOAT_TYPES_HPP

#include <jsnorm/jsnorm.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace jsnorm::test {

// significant bits; the smallest subnormal is 2^lowest_exponent; the largest number is `largest`.
struct FloatFormat {
    size_t bytes;
    int digits;
    int lowest_exponent;
    double largest;
    const char *name;
};

inline FloatFormat format_of(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_FLOAT:
            return {4, 24, -149, std::numeric_limits<float>::max(), "float"};
        case JSNORM_DOUBLE:
            return {8, 53, -1074, std::numeric_limits<double>::max(), "double"};
        case JSNORM_HALF:
            return {2, 11, -24, 65504.0, "half"};
        case JSNORM_BFLOAT16:
            return {2, 8, -133, 0x1.FEp127, "bfloat16"};
        default:
            throw std::invalid_argument("not a data type");
    }
}

inline size_t size_of(jsnormDataType_t type) {
    return format_of(type).bytes;
}
inline int digits_of(jsnormDataType_t type) {
    return format_of(type).digits;
}

// The value of `type` nearest to v, ties to even; infinity beyond the largest number by half a step
// or more.
inline double round_to(jsnormDataType_t type, double v) {
    const FloatFormat format = format_of(type);
    if (type == JSNORM_DOUBLE || v == 0 || !std::isfinite(v)) return v;
    int exponent = 0;
    std::frexp(v, &exponent);  // |v| in [2^(exponent-1), 2^exponent)
    const int step = std::max(exponent - format.digits, format.lowest_exponent);
    const double rounded = std::ldexp(std::nearbyint(std::ldexp(v, -step)), step);
    if (std::abs(rounded) > format.largest)
        return std::copysign(std::numeric_limits<double>::infinity(), v);
    return rounded;
}

namespace detail {

inline uint16_t half_bits(double rounded) {
    const uint16_t sign = std::signbit(rounded) ? 0x8000 : 0;
    const double magnitude = std::abs(rounded);
    if (std::isnan(rounded)) return sign | 0x7E00;
    if (std::isinf(rounded)) return sign | 0x7C00;
    if (magnitude < 0x1p-14) return sign | static_cast<uint16_t>(std::ldexp(magnitude, 24));
    int exponent = 0;
    const double fraction = std::frexp(magnitude, &exponent);  // in [0.5, 1)
    const auto mantissa = static_cast<uint16_t>(std::ldexp(fraction, 11) - 1024);
    return static_cast<uint16_t>(sign | ((exponent + 14) << 10) | mantissa);
}

inline double half_value(uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int mantissa = bits & 1023;
    double magnitude = 0;
    if (exponent == 31)
        magnitude = mantissa ? std::numeric_limits<double>::quiet_NaN()
                             : std::numeric_limits<double>::infinity();
    else if (exponent == 0)
        magnitude = std::ldexp(mantissa, -24);
    else
        magnitude = std::ldexp(1024 + mantissa, exponent - 25);
    return (bits & 0x8000) ? -magnitude : magnitude;
}

}  // namespace detail

// Writes v, rounded, as one element of `type` at `where` (no alignment needed).
inline void store(jsnormDataType_t type, void *where, double v) {
    const double rounded = round_to(type, v);
    if (type == JSNORM_DOUBLE) {
        std::memcpy(where, &rounded, 8);
    } else if (type == JSNORM_HALF) {
        const uint16_t bits = detail::half_bits(rounded);
        std::memcpy(where, &bits, 2);
    } else {
        const auto single = static_cast<float>(rounded);
        if (type == JSNORM_FLOAT) {
            std::memcpy(where, &single, 4);
        } else {  // a bfloat16 is the upper half of a float
            uint32_t bits = 0;
            std::memcpy(&bits, &single, 4);
            const auto upper = static_cast<uint16_t>(bits >> 16);
            std::memcpy(where, &upper, 2);
        }
    }
}

// Reads one element of `type`.
inline double load(jsnormDataType_t type, const void *where) {
    if (type == JSNORM_DOUBLE) {
        double v = 0;
        std::memcpy(&v, where, 8);
        return v;
    }
    if (type == JSNORM_FLOAT) {
        float v = 0;
        std::memcpy(&v, where, 4);
        return v;
    }
    uint16_t bits = 0;
    std::memcpy(&bits, where, 2);
    if (type == JSNORM_HALF) return detail::half_value(bits);
    const uint32_t wide = static_cast<uint32_t>(bits) << 16;
    float v = 0;
    std::memcpy(&v, &wide, 4);
    return v;
}

}  // namespace jsnorm::test

#endif
