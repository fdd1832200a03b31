// SPDX-License-Identifier: Apache-2.0
// Sums over one resident tile of a cell: interleaved float chains, merged in double in lane order.
// Each reduction of the rows family is here once.
#pragma once

#include "kernels/moments.cuh"
#include "src/cpu/tree.hpp"

namespace jsnorm::cpu {

template <class Acc>
double sum_of_lanes(const Acc (&lanes)[kLanes]) {
    double sum = 0;
    for (int64_t lane = 0; lane < kLanes; ++lane) sum += static_cast<double>(lanes[lane]);
    return sum;
}

// Calls body(lane, i) for i in 0..n-1, lane = i % kLanes, in an order that keeps each lane's chain.
template <class Body>
void for_lanes(int64_t n, const Body &body) {
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
        for (int64_t lane = 0; lane < kLanes; ++lane) body(lane, i + lane);
    }
    for (int64_t lane = 0; i + lane < n; ++lane) body(lane, i + lane);
}

// Sum of ((x - pivot) * scale)^2, in the scale of x.
template <class Acc>
double sum_of_squares(const Acc *x, int64_t n, Acc pivot, Acc scale) {
    Acc squares[kLanes] = {};
    for_lanes(n, [&](int64_t lane, int64_t i) {
        const Acc d = (x[i] - pivot) * scale;
        squares[lane] += d * d;
    });
    const auto factor = static_cast<double>(scale);
    return sum_of_lanes(squares) / factor / factor;
}

// Mean and M2 of n >= 1 elements. The first sweep finds a pivot next to the mean, which the second
// then needs no trust in: its residual sum corrects it. Subtracting an element first keeps the mean
// of data far from 0.
template <class Acc>
Moments tile_moments(const Acc *x, int64_t n) {
    const Acc first = x[0];
    Acc sums[kLanes] = {};
    for_lanes(n, [&](int64_t lane, int64_t i) { sums[lane] += x[i] - first; });
    const double mean = static_cast<double>(first) + sum_of_lanes(sums) / static_cast<double>(n);
    const Acc pivot = static_cast<Acc>(mean);

    Acc residuals[kLanes] = {};
    Acc squares[kLanes] = {};
    for_lanes(n, [&](int64_t lane, int64_t i) {
        const Acc d = x[i] - pivot;
        residuals[lane] += d;
        squares[lane] += d * d;
    });
    double sum_squares = sum_of_lanes(squares);
    const Acc scale = square_scale<Acc>(sum_squares);
    if (scale != 1) sum_squares = sum_of_squares(x, n, pivot, scale);
    return moments_about(static_cast<double>(pivot), static_cast<double>(n),
                         sum_of_lanes(residuals), sum_squares);
}

// Sums over a part: of g, and of g * (x - mean), g = gamma*dy or dy.
struct GradientSums {
    double g = 0;
    double g_centred = 0;

    GradientSums &operator+=(const GradientSums &other) {
        g += other.g;
        g_centred += other.g_centred;
        return *this;
    }
};

// The mean as a pair (p, e). `gamma`: one factor per element, or NULL for none.
template <class Acc>
GradientSums tile_gradient_sums(const Acc *dy, const Acc *x, int64_t n, Acc p, Acc e,
                                const Acc *gamma) {
    Acc sums[kLanes] = {};
    Acc products[kLanes] = {};
    const auto add = [&](int64_t lane, Acc g, Acc element) {
        sums[lane] += g;
        products[lane] += g * ((element - p) - e);
    };
    if (gamma == nullptr) {
        for_lanes(n, [&](int64_t lane, int64_t i) { add(lane, dy[i], x[i]); });
    } else {
        for_lanes(n, [&](int64_t lane, int64_t i) { add(lane, gamma[i] * dy[i], x[i]); });
    }
    return {sum_of_lanes(sums), sum_of_lanes(products)};
}

}  // namespace jsnorm::cpu
