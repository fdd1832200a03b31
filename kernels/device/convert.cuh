// SPDX-License-Identifier: Apache-2.0
// Elements of 16 bits to float and back: by the machine's own conversions, two elements an
// instruction where it has one, and on the executor by the bits of kernels/math/scalar.cuh. Both
// round to nearest even, honour subnormals, and make one NaN of all.
#pragma once

#include <cmath>

#include "kernels/device/compiler.cuh"
#include "kernels/math/scalar.cuh"

namespace jsnorm::gpu {

struct FloatPair {
    float low;
    float high;
};

#if defined(__CUDACC__)
// A word of two elements, the first one in its low half.
template <class T>
JSNORM_DEVICE FloatPair widen_pair(uint32_t word) {
    if constexpr (std::is_same_v<T, BFloat16>) {
        return {__uint_as_float(word << 16), __uint_as_float(word & 0xffff0000u)};
    } else {
        FloatPair pair;
        asm("{\n"
            ".reg .b16 low, high;\n"
            "mov.b32 {low, high}, %2;\n"
            "cvt.f32.f16 %0, low;\n"
            "cvt.f32.f16 %1, high;\n"
            "}"
            : "=f"(pair.low), "=f"(pair.high)
            : "r"(word));
        return pair;
    }
}

template <class T>
JSNORM_DEVICE uint32_t narrow_pair(FloatPair pair) {
    uint32_t word;
    if constexpr (std::is_same_v<T, BFloat16>) {
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(pair.high), "f"(pair.low));
    } else {
        asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(pair.high), "f"(pair.low));
    }
    return word;
}
#else
template <class T>
FloatPair widen_pair(uint32_t word) {
    return {widen(T{static_cast<uint16_t>(word)}), widen(T{static_cast<uint16_t>(word >> 16)})};
}

template <class T>
uint32_t narrow_pair(FloatPair pair) {
    const auto bits = [](float value) -> uint32_t {
        return std::isnan(value) ? 0x7fffu : narrow<T>(value).bits;
    };
    return bits(pair.low) | bits(pair.high) << 16;
}
#endif

// max(value, 0) that lets NaN through; +0 for -0.
#if defined(__CUDACC__)
JSNORM_DEVICE float positive_part(float value) {
    float result;
    asm("max.NaN.f32 %0, %1, 0f00000000;" : "=f"(result) : "f"(value));
    return result;
}
#else
inline float positive_part(float value) {
    return !(value <= 0) ? value : 0;
}
#endif
JSNORM_DEVICE double positive_part(double value) {
    return !(value <= 0) ? value : 0;
}

}  // namespace jsnorm::gpu
