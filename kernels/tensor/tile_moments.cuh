// SPDX-License-Identifier: Apache-2.0
// The moments of a tile. Residuals are summed about the tile's first element; where that is a bad
// pivot, or squares leave the range of floats, the tile is taken again, with care. Tiles of a chunk
// are summed about the chunk's first element, lane by lane, and one by one only where that is no
// good.
#pragma once

#include "kernels/math/moments.cuh"
#include "kernels/tensor/reduce.cuh"
#include "kernels/tensor/tile.cuh"

namespace jsnorm::gpu {

// Doubles of shared memory that moments need: those of sum_chains, and a place of the pivot.
template <int kLanes>
inline constexpr int kPivotPlace = 2 * kRowThreads<kLanes> / kWarp;
template <int kLanes>
inline constexpr int kMomentScratch = kPivotPlace<kLanes> + 1;

// The tile's first element, known to all lanes. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE Compute<T> first_of_row(const Tile<T> &tile, shared<double> scratch) {
    const Compute<T> own = tile.vectors[0].get(0);
    if constexpr (kLanes <= kWarp) {
        return __shfl_sync(kFullWarp, own, 0, kLanes);
    } else {
        static_assert(kRowsPerBlock<kLanes> == 1);
        if (threadIdx.x == 0) scratch[kPivotPlace<kLanes>] = static_cast<double>(own);
        __syncthreads();
        return static_cast<Compute<T>>(double(scratch[kPivotPlace<kLanes>]));
    }
}

// The sums over this lane's elements of residuals and of their squares, times a power of two and
// its square. No float chain has more than 2*kTileVectors terms.
template <class T, int kLanes, TileEnd kEnd>
JSNORM_DEVICE SumPair lane_sums_about(Compute<T> pivot, Compute<T> scale, const Tile<T> &tile,
                                      int count) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    Acc residuals[kV] = {};
    Acc squares[kV] = {};
    for_elements<T, kLanes, kEnd>(count, [&](int i, int e) {
        const Acc d = (tile.vectors[i].get(e) - pivot) * scale;
        residuals[e] += d;
        squares[e] = std::fma(d, d, squares[e]);
    });
    Acc chains[2][kV / 2];
    JSNORM_UNROLL
    for (int e = 0; e < kV / 2; ++e) {
        chains[0][e] = residuals[e] + residuals[e + kV / 2];
        chains[1][e] = squares[e] + squares[e + kV / 2];
    }
    return {sum_of_chains(chains[0]), sum_of_chains(chains[1])};
}

// The same over all lanes, known to each. Takes part: every thread of the block.
template <class T, int kLanes, TileEnd kEnd>
JSNORM_DEVICE SumPair sums_about(Compute<T> pivot, Compute<T> scale, const Tile<T> &tile, int count,
                                 shared<double> scratch) {
    return sum_lanes<kLanes>(lane_sums_about<T, kLanes, kEnd>(pivot, scale, tile, count), scratch);
}

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

// A power of two that keeps squares of residuals in the range of float. largest: of their sizes.
JSNORM_DEVICE float residual_scale(double largest) {
    return largest < 0x1p-40 ? 0x1p100f : largest > 0x1p56 ? 0x1p-72f : 1.0f;
}

// Whatever the elements are, in three passes over the registers: a sum gives a pivot next to the
// mean, the largest residual a scale that keeps squares in range, and then residuals are summed.
// Takes part: every thread of the block.
template <class T, int kLanes, TileEnd kEnd>
JSNORM_DEVICE Moments careful_moments(const Tile<T> &tile, int count, shared<double> scratch) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;

    // The pivot. Elements beyond the span are 0.
    Acc values[1][kV] = {};
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            values[0][e] = add_to_sum(values[0][e], tile.vectors[i].get(e));
        }
    }
    double sum[1];
    sum_chains<kLanes>(values, scratch, sum);
    const Acc pivot = pivot_of<Acc>(sum[0], count);

    // The scale.
    Acc scale = 1;
    if constexpr (kHasWideRange<T>) {
        const Tile<T> same = opaque(tile);
        Acc largest = 0;
        for_elements<T, kLanes, kEnd>(count, [&](int i, int e) {
            largest = std::fmax(largest, std::fabs(same.vectors[i].get(e) - pivot));
        });
        scale = residual_scale(block_max(static_cast<double>(largest), kLanes, scratch));
    }

    // Residuals.
    const SumPair sums = sums_about<T, kLanes, kEnd>(pivot, scale, opaque(tile), count, scratch);
    const double inverse = 1 / static_cast<double>(scale);
    return moments_about(static_cast<double>(pivot), count, sums.first * inverse,
                         sums.second * inverse * inverse);
}

// The moments of the first `count` elements of a tile, known to all lanes of the row; none where
// there are none. scratch: kMomentScratch<kLanes> doubles. Takes part: every thread of the block.
template <class T, int kLanes, TileEnd kEnd = TileEnd::kAnywhere>
JSNORM_DEVICE Moments tile_moments(const Tile<T> &tile, int count, shared<double> scratch) {
    constexpr Compute<T> kUnscaled = 1;
    const Compute<T> pivot = first_of_row<T, kLanes>(tile, scratch);
    const SumPair sums = sums_about<T, kLanes, kEnd>(pivot, kUnscaled, tile, count, scratch);
    const double shift = count > 0 ? sums.first / count : 0;
    const bool good = count == 0 || are_good_sums<T>(sums, shift);
    Moments moments;
    if (count > 0) {
        moments = moments_about(static_cast<double>(pivot), count, sums.first, sums.second, shift);
    }

    // Taken again where a row of the warp asks for it. With more lanes than a warp, all threads of
    // the block know the same sums.
    const bool all_good = kLanes <= kWarp ? __all_sync(kFullWarp, good) != 0 : good;
    if (all_good) return moments;
    const Moments again = careful_moments<T, kLanes, kEnd>(opaque(tile), count, scratch);
    return good ? moments : again;
}

// The moments of a chunk, and whether they are any good: if not, the chunk is to be taken again,
// tile by tile.
struct ChunkMoments {
    Moments moments;
    bool good;
};

// From what each lane has summed about a pivot over `count` elements in all; known to all lanes of
// the row. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE ChunkMoments chunk_moments(Compute<T> pivot, const SumPair &own, double count,
                                         shared<double> scratch) {
    const SumPair sums = sum_lanes<kLanes>(own, scratch);
    if (count == 0) return {Moments{}, true};
    const double shift = sums.first / count;
    return {moments_about(static_cast<double>(pivot), count, sums.first, sums.second, shift),
            are_good_sums<T>(sums, shift)};
}

}  // namespace jsnorm::gpu
