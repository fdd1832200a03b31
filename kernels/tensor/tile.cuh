// SPDX-License-Identifier: Apache-2.0
// A tile: neighbouring elements of a cell in the registers of the lanes that share it, kTileVectors
// vectors of 16 bytes each.
#pragma once

#include "kernels/math/limits.cuh"
#include "kernels/tensor/pack.cuh"

namespace jsnorm::gpu {

// Elements that the lanes of a row can hold: a tile has as many or fewer.
template <class T>
JSNORM_HD constexpr int row_capacity(int lanes) {
    return lanes * kWidth<T> * kTileVectors;
}

template <int kLanes>
inline constexpr int kRowThreads = row_threads(kLanes);
template <int kLanes>
inline constexpr int kRowsPerBlock = rows_per_block(kLanes);

template <class T>
struct Tile {
    Pack<T> vectors[kTileVectors];
};

// The same elements, which the compiler unpacks again instead of keeping them in registers.
template <class T>
JSNORM_DEVICE Tile<T> opaque(const Tile<T> &tile) {
    Tile<T> result;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) result.vectors[i] = opaque(tile.vectors[i]);
    return result;
}

// Which row of its block and which lane of the row a thread is.
template <int kLanes>
struct RowThread {
    int lane = static_cast<int>(threadIdx.x) % kLanes;
    int row = static_cast<int>(threadIdx.x) / kLanes;
};

// Index in the tile of the first element of vector i.
template <class T, int kLanes>
JSNORM_DEVICE int vector_index(int i, int lane) {
    return (i * kLanes + lane) * kWidth<T>;
}

// Where a tile ends.
enum class TileEnd {
    kAnywhere,
    kWholeVector,  // behind a whole vector
    kFull,         // behind all vectors of all lanes
};

// Calls body(i, e) for the first `count` elements of a tile, those that this lane holds.
template <class T, int kLanes, TileEnd kEnd = TileEnd::kAnywhere, class Body>
JSNORM_DEVICE void for_elements(int count, const Body &body) {
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (kEnd != TileEnd::kFull && index >= count) break;
        if (kEnd != TileEnd::kAnywhere || index + kV <= count) {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) body(i, e);
        } else {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (index + e < count) body(i, e);
            }
        }
    }
}

}  // namespace jsnorm::gpu
