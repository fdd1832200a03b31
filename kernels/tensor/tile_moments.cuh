// SPDX-License-Identifier: Apache-2.0
// The moments of a tile that threads hold in registers. Two passes over the registers: sums give a
// pivot next to the mean, then residuals are summed about the pivot (docs/math.md, section 2). Rows
// and columns share the steps that are here; they differ in which threads hold a statistic.
#pragma once

#include <limits>

#include "kernels/device/device.cuh"
#include "kernels/math/moments.cuh"

namespace jsnorm::gpu {

// A chain adds up sixteenths, so that its sum stays in the range of its elements. Elements so small
// that they lose bits by it lose none that a pivot needs.
inline constexpr double kSumScale = 16;

template <class Acc>
JSNORM_DEVICE Acc add_to_sum(Acc sum, Acc element) {
    return std::fma(element, static_cast<Acc>(1 / kSumScale), sum);
}

// The pivot from a sum of sixteenths.
template <class Acc>
JSNORM_DEVICE Acc pivot_of(double sum, double count) {
    return count > 0 ? static_cast<Acc>(sum * kSumScale / count) : Acc(0);
}

// The mean of equal doubles may be off by a bit, whose square can leave the range of double. So a
// pivot in double is corrected by the mean of the residuals about it; a pivot in float need not be.
template <class Acc>
inline constexpr bool kCorrectsPivot = sizeof(Acc) == sizeof(double);

// Sums of squares as doubles. A sum that leaves the range of floats is taken again, of scaled
// residuals: sum_again(scale, sums) adds up the squares of (x - pivot) * scale.
template <class Acc, int kChains, class SumAgain>
JSNORM_DEVICE void rescue_squares(const Acc (&squares)[kChains], double (&result)[kChains],
                                  const SumAgain &sum_again) {
    bool in_range = true;
    JSNORM_UNROLL
    for (int e = 0; e < kChains; ++e) {
        result[e] = static_cast<double>(squares[e]);
        in_range = in_range && square_scale<Acc>(result[e]) == Acc(1);
    }
    if (in_range) return;
    JSNORM_ROLLED
    for (int again = 0; again < 2; ++again) {
        const bool too_small = again == 0;  // then: too large
        const Acc scale = too_small ? square_scale<Acc>(0)
                                    : square_scale<Acc>(std::numeric_limits<double>::infinity());
        Acc scaled[kChains] = {};
        sum_again(scale, scaled);
        const auto factor = static_cast<double>(scale);
        JSNORM_UNROLL
        for (int e = 0; e < kChains; ++e) {
            if (scale != Acc(1) && square_scale<Acc>(static_cast<double>(squares[e])) == scale) {
                result[e] = static_cast<double>(scaled[e]) / factor / factor;
            }
        }
    }
}

}  // namespace jsnorm::gpu
