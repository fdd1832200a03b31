// SPDX-License-Identifier: Apache-2.0
// The moments of a part of a statistic, how parts merge (docs/math.md, section 6), and what parts
// look like in memory.
#pragma once

#include <limits>
#include <type_traits>

#include "kernels/math/portable.cuh"
#include "kernels/math/scalar.cuh"

namespace jsnorm {

// Count, mean and sum of squared deviations from the mean. All zero: no elements.
struct Moments {
    double count = 0;
    double mean = 0;
    double m2 = 0;
};

// Chan's merge. An empty part changes no bit of the other.
JSNORM_HD inline Moments merge(Moments a, Moments b) {
    if (b.count == 0) return a;
    if (a.count == 0) return b;
    const double count = a.count + b.count;
    const double delta = b.mean - a.mean;
    const double share = b.count / count;
    return {count, a.mean + delta * share, a.m2 + b.m2 + delta * delta * (a.count * share)};
}

// Squares of floats leave the range of floats long before the floats do. A sum of them outside the
// range is taken again, of d times this power of two, and divided by the square of the power. 1:
// the sum is good. Doubles keep their range.
template <class Acc>
JSNORM_HD inline Acc square_scale(double sum_squares) {
    if constexpr (std::is_same_v<Acc, float>) {
        if (sum_squares < 0x1p-80) return 0x1p100f;
        if (std::isinf(sum_squares)) return 0x1p-72f;
    }
    return Acc(1);
}

// Whether square_scale is not 1, without branches.
template <class Acc>
JSNORM_HD inline bool squares_leave_range(double sum_squares) {
    if constexpr (std::is_same_v<Acc, float>) {
        return static_cast<bool>(static_cast<int>(sum_squares < 0x1p-80) |
                                 static_cast<int>(sum_squares > 0x1.fffffffffffffp1023));
    }
    return false;
}

// The moments of `count` elements from the sums of d and d^2, d = x - pivot; shift is sum/count.
// With the pivot near the mean nothing cancels (docs/math.md, section 2). The comparison lets NaN
// through.
JSNORM_HD inline Moments moments_about(double pivot, double count, double sum, double sum_squares,
                                       double shift) {
    const double m2 = sum_squares - sum * shift;
    return {count, pivot + shift, m2 < 0 ? 0 : m2};
}
JSNORM_HD inline Moments moments_about(double pivot, double count, double sum, double sum_squares) {
    return moments_about(pivot, count, sum, sum_squares, sum / count);
}

// ---- Sums about a pivot -------------------------------------------------------------------------

// Two sums that are taken together: of residuals x - pivot, and of their squares.
struct alignas(16) SumPair {
    double first;
    double second;

    JSNORM_HD SumPair &operator+=(const SumPair &other) {
        first += other.first;
        second += other.second;
        return *this;
    }
};

// Squares of elements may leave the range of float although the elements do not.
template <class T>
inline constexpr bool kHasWideRange = std::is_same_v<T, float> || std::is_same_v<T, BFloat16>;

// sums: of residuals and of their squares; shift: mean - pivot. More than two deviations off the
// mean, squares about the pivot would lose digits.
JSNORM_HD inline bool is_bad_pivot(const SumPair &sums, double shift) {
    constexpr double kMost = 4;
    return sums.first * shift > kMost * (sums.second - sums.first * shift);
}

JSNORM_HD inline bool are_finite(const SumPair &sums) {
    constexpr double kLargest = std::numeric_limits<double>::max();
    return std::fabs(sums.first) <= kLargest && sums.second <= kLargest;
}

// Whether moments may be computed from the sums.
template <class T>
JSNORM_HD inline bool are_good_sums(const SumPair &sums, double shift) {
    if (!are_finite(sums) || is_bad_pivot(sums, shift)) return false;
    return !kHasWideRange<T> || square_scale<Compute<T>>(sums.second) == 1;
}

// ---- Partial results of reductions

// The moments of a part. Its count is known from its place.
struct alignas(16) MeanM2 {
    double mean;
    double m2;
};

// Sums over a part: of g, and of g * (x - centre). g is gamma*dy where parameters belong to
// elements, else dy.
struct alignas(16) GradientSums {
    double g;
    double g_centred;

    JSNORM_HD GradientSums &operator+=(const GradientSums &other) {
        g += other.g;
        g_centred += other.g_centred;
        return *this;
    }
};

}  // namespace jsnorm
