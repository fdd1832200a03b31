// SPDX-License-Identifier: Apache-2.0
// Chunks of cells whose elements are planes: what a warp sums up at once, tile by tile, as kernels
// of rows do with 32 lanes. A tile may go on from a plane to the next; planes have at least as many
// vectors as a warp has lanes.
#pragma once

#include "kernels/planes/planes.cuh"
#include "kernels/tensor/tile.cuh"

namespace jsnorm::gpu {

inline constexpr int kTileWarpVectors = kTileVectors * kWarp;  // of a tile

// Vectors [first, first + count) of a cell.
struct PlaneChunk {
    int64_t cell;
    int64_t first;
    int32_t count;

    JSNORM_DEVICE int full_tiles() const { return count / kTileWarpVectors; }
    // Vectors of the tile behind the full ones, and those of this lane.
    JSNORM_DEVICE int rest() const { return count % kTileWarpVectors; }
    JSNORM_DEVICE int own_rest() const { return (rest() - PlanePiece::lane() + kWarp - 1) / kWarp; }
};

// Calls body(chunk, index of its partial result) for this warp's chunks, in the order of memory.
template <class Body>
JSNORM_DEVICE void for_chunks(const Planes &planes, const Body &body) {
    constexpr int kWarps = kPlaneThreads / kWarp;
    const int64_t units = planes.chunks * planes.cell_count.value;
    const int64_t begin = int64_t{blockIdx.x} * kWarps + static_cast<int>(threadIdx.x) / kWarp;
    for (int64_t unit = begin; unit < units; unit += int64_t{gridDim.x} * kWarps) {
        const int64_t chunk = divide(unit, planes.cell_count);
        const int64_t first = chunk * planes.chunk_vectors;
        const int64_t rest = planes.cell_vectors - first;
        body(PlaneChunk{unit - chunk * planes.cell_count.value, first,
                        rest < planes.chunk_vectors ? static_cast<int32_t>(rest)
                                                    : planes.chunk_vectors},
             unit);
    }
}

// Where this lane is in a chunk, in every operand: vector by vector of the lane. Distances within a
// chunk fit 32 bits (src/cuda/plan/planes.cpp).
template <class T, int kOperands>
class PlaneWalk {
  public:
    JSNORM_DEVICE PlaneWalk(const Planes &planes, const PlaneChunk &chunk)
        : vectors_(planes.vectors) {
        const int64_t sample = divide(chunk.first, planes.plane_vectors);
        const auto inner = static_cast<int32_t>(chunk.first - sample * planes.plane_vectors.value);
        const int32_t lane = PlanePiece::lane();
        left_ = vectors_ - inner - lane;
        JSNORM_UNROLL
        for (int t = 0; t < kOperands; ++t) {
            first_[t] = offset_of(planes.cells, chunk.cell, t) + sample * planes.sample_step[t] +
                        int64_t{inner} * kWidth<T>;
            gap_[t] = static_cast<int32_t>(planes.sample_step[t]) - vectors_ * kWidth<T>;
            distance_[t] = lane * kWidth<T>;
        }
        wrap();
    }
    // Of the chunk.
    JSNORM_DEVICE int64_t first(int operand) const { return first_[operand]; }
    JSNORM_DEVICE int64_t offset(int operand) const { return first_[operand] + distance_[operand]; }
    template <class Value>
    JSNORM_DEVICE global<Value> place(global<Value> tensor, int operand) const {
        return tensor + first_[operand] + distance_[operand];
    }
    JSNORM_DEVICE void step() {
        left_ -= kWarp;
        JSNORM_UNROLL
        for (int t = 0; t < kOperands; ++t) distance_[t] += kPlaneStep<T>;
        wrap();
    }

  private:
    JSNORM_DEVICE void wrap() {
        const bool ends = left_ <= 0;
        left_ += ends ? vectors_ : 0;
        JSNORM_UNROLL
        for (int t = 0; t < kOperands; ++t) distance_[t] += ends ? gap_[t] : 0;
    }

    int64_t first_[kOperands];
    int32_t distance_[kOperands];
    int32_t gap_[kOperands];
    int32_t vectors_;
    int32_t left_;  // vectors from here to the end of the plane
};

}  // namespace jsnorm::gpu
