// SPDX-License-Identifier: Apache-2.0
// The moments of a tile that threads hold in registers, in two passes over the registers: sums, from
// which a pivot next to the mean comes, then residuals about the pivot. Rows and columns share these
// steps; they differ in which threads hold a statistic.
#pragma once

#include <limits>

#include "kernels/device/device.cuh"
#include "kernels/math/moments.cuh"

namespace jsnorm::gpu {

// Sums of elements are of sixteenths, so that the sum of a chain stays in the range of its
// elements: elements so small that they lose bits by it lose none that a pivot needs.
inline constexpr double kSumScale = 16;

template <class Acc>
JSNORM_DEVICE Acc add_to_sum(Acc sum, Acc element) {
    return std::fma(element, static_cast<Acc>(1 / kSumScale), sum);
}

// The pivot from such a sum.
template <class Acc>
JSNORM_DEVICE Acc pivot_of(double sum, double count) {
    return count > 0 ? static_cast<Acc>(sum * kSumScale / count) : Acc(0);
}

// A double mean of equal numbers may miss them by a bit, whose square can leave the range: pivots in
// double are corrected by the mean of what they miss. Pivots in float need not be.
template <class Acc>
inline constexpr bool kCorrectsPivot = sizeof(Acc) == sizeof(double);

// Sums of squares as doubles. Where the range of floats does not hold a sum, it is taken again of
// scaled residuals: sum_again(scale, sums) adds up the squares of (x - pivot) * scale.
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
    for (int again = 0; again < 2; ++again) {  // squares too small, then squares too large
        const Acc scale = again == 0 ? square_scale<Acc>(0)
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
