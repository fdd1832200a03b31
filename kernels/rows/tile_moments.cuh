// SPDX-License-Identifier: Apache-2.0
// The moments of a tile of a row.
#pragma once

#include "kernels/rows/rows.cuh"
#include "kernels/tensor/reduce.cuh"
#include "kernels/tensor/tile_moments.cuh"

namespace jsnorm::gpu {

// The moments of a span, known to all lanes of the row; none where count is 0. No float chain has
// more than kTileVectors terms. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE Moments tile_moments(const Tile<T> &tile, const RowSpan &span,
                                   shared<double> scratch) {
    enum : int { kResidual, kSquare, kSums };
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;

    // The sum of the row, and a pivot near its mean.
    Acc values[1][kV] = {};
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {  // elements beyond the span are 0
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            values[0][e] = add_to_sum(values[0][e], tile.vectors[i].get(e));
        }
    }
    double sum[1];
    sum_chains<kLanes>(values, scratch, sum);
    Acc pivot = pivot_of<Acc>(sum[0], span.count);
    if constexpr (kCorrectsPivot<Acc>) {
        Acc misses[1][kV] = {};
        for_elements<T, kLanes>(
            span, [&](int i, int e) { misses[0][e] += tile.vectors[i].get(e) - pivot; });
        sum_chains<kLanes>(misses, scratch, sum);
        if (span.count > 0) pivot += sum[0] / span.count;
    }

    // Residuals about the pivot.
    Acc residuals[kV] = {};
    Acc squares[kV] = {};
    for_elements<T, kLanes>(span, [&](int i, int e) {
        const Acc d = tile.vectors[i].get(e) - pivot;
        residuals[e] += d;
        squares[e] += d * d;
    });
    double chains[kSums][kV];
    JSNORM_UNROLL
    for (int e = 0; e < kV; ++e) chains[kResidual][e] = static_cast<double>(residuals[e]);
    rescue_squares<Acc>(squares, chains[kSquare], [&](Acc scale, Acc(&scaled)[kV]) {
        for_elements<T, kLanes>(span, [&](int i, int e) {
            const Acc d = (tile.vectors[i].get(e) - pivot) * scale;
            scaled[e] += d * d;
        });
    });

    // Over the lanes.
    double sums[kSums];
    sum_chains<kLanes>(chains, scratch, sums);
    if (span.count == 0) return {};
    return moments_about(static_cast<double>(pivot), span.count, sums[kResidual], sums[kSquare]);
}

}  // namespace jsnorm::gpu
