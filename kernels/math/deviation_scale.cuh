// SPDX-License-Identifier: Apache-2.0
// The power of two by which deviations are multiplied before they are multiplied by dy: exact, so
// that no bit changes, and the products stay in range (docs/math.md, section 2, rule 3).
#pragma once

#include <bit>
#include <limits>
#include <type_traits>

#include "kernels/math/portable.cuh"

namespace jsnorm {

template <class Acc>
using ExponentBits = std::conditional_t<sizeof(Acc) == sizeof(double), uint64_t, uint32_t>;
template <class Acc>
inline constexpr ExponentBits<Acc> kExponentMask =
    std::bit_cast<ExponentBits<Acc>>(std::numeric_limits<Acc>::infinity());

// rstd rounded down to a power of two; 1 where it is 0, subnormal or not finite. Sums of dy times
// (x - mean) times this are as large as dgamma: they leave the range of Acc only where that does.
template <class Acc>
JSNORM_HD inline Acc deviation_scale(Acc rstd) {
    const auto exponent = std::bit_cast<ExponentBits<Acc>>(rstd) & kExponentMask<Acc>;
    return exponent == 0 || exponent == kExponentMask<Acc> ? Acc(1) : std::bit_cast<Acc>(exponent);
}

// 1/scale of a power of two, without a division.
JSNORM_HD inline double inverse_of_power(double scale) {
    constexpr uint64_t kTwiceTheBias = uint64_t{2046} << 52;
    return std::bit_cast<double>(kTwiceTheBias - std::bit_cast<uint64_t>(scale));
}

}  // namespace jsnorm
