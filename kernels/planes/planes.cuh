// SPDX-License-Identifier: Apache-2.0
// The planes family: the elements of a cell are planes, runs of neighbours (a channel of one sample
// of NCHW), and every plane is whole vectors of 16 bytes. A warp takes a piece of a plane, batch by
// batch, and no thread waits for another.
//
//               lane 0    lane 1   ...  lane 31
//     batch     vector    vector   ...  vector      one access of 16 bytes each
//               vector    vector   ...  vector
//               ...                                 kBatchVectors of these steps
//
// Cells whose planes are anything else are rows (kernels/rows/rows.cuh). No bit of a result depends
// on which family runs.
#pragma once

#include "kernels/math/limits.cuh"
#include "kernels/tensor/axes.cuh"
#include "kernels/tensor/pack.cuh"

namespace jsnorm::gpu {

// Where planes lie, and how they are cut. A cell has one plane in every sample.
struct Planes {
    AxisMap cells;                           // operands as the kernel says
    int64_t sample_step[kMaxOperands] = {};  // from a plane of a cell to the next one
    Divisor samples;
    Divisor cell_count;
    Divisor pieces;         // of a plane
    Divisor parameters;     // P
    int32_t vectors = 0;    // of a plane
    Divisor plane_vectors;  // vectors again
    int64_t cell_vectors = 0;
    int32_t piece_vectors = 1;  // of a piece: the last one of a plane may have fewer

    // Of sums: a cell is cut into chunks wherever its planes end.
    int64_t chunks = 1;
    int32_t chunk_vectors = 1;

    JSNORM_HD int64_t units() const { return samples.value * cell_count.value * pieces.value; }
};

inline constexpr int kBatchVectors = 4;  // 16-byte accesses of a lane that are under way at once

// Elements from a step of a warp to the next.
template <class T>
inline constexpr int kPlaneStep = kWarp *kWidth<T>;
template <class T>
inline constexpr int kBatchElements = kBatchVectors *kPlaneStep<T>;

// What a warp takes at once: vectors [first, first + count) of a plane.
struct PlanePiece {
    int64_t sample;
    int64_t cell;
    int32_t first;
    int32_t count;

    JSNORM_DEVICE int batches() const {
        return (count + kBatchVectors * kWarp - 1) / (kBatchVectors * kWarp);
    }
    // Of the last batch: the vectors of this lane. It is the only batch that may be cut short.
    JSNORM_DEVICE int rest() const {
        const int left = count - (batches() - 1) * kBatchVectors * kWarp;
        return (left - lane() + kWarp - 1) / kWarp;
    }
    JSNORM_DEVICE static int lane() { return static_cast<int>(threadIdx.x) % kWarp; }
};

// Pieces in the order of memory where samples are the outermost axis.
JSNORM_DEVICE PlanePiece piece_of(const Planes &planes, int64_t unit) {
    const int64_t plane = divide(unit, planes.pieces);
    const auto piece = static_cast<int32_t>(unit - plane * planes.pieces.value);
    const int64_t sample = divide(plane, planes.cell_count);
    const int32_t first = piece * planes.piece_vectors;
    const int32_t rest = planes.vectors - first;
    return {sample, plane - sample * planes.cell_count.value, first,
            rest < planes.piece_vectors ? rest : planes.piece_vectors};
}

// Where this lane's vectors of the last batch begin in an operand; batches before it are
// kBatchElements<T> nearer to the beginning.
template <class T>
JSNORM_DEVICE int64_t last_batch(const Planes &planes, const PlanePiece &piece, int operand) {
    const int64_t plane =
        offset_of(planes.cells, piece.cell, operand) + piece.sample * planes.sample_step[operand];
    const int vector =
        piece.first + (piece.batches() - 1) * kBatchVectors * kWarp + PlanePiece::lane();
    return plane + int64_t{vector} * kWidth<T>;
}

// Calls body(piece) for this warp's pieces, the last ones first: the pass before read them last, so
// that they may still be in the L2 cache.
template <class Body>
JSNORM_DEVICE void for_pieces_backwards(const Planes &planes, const Body &body) {
    constexpr int kWarps = kPlaneThreads / kWarp;
    const int64_t units = planes.units();
    const int64_t first = int64_t{blockIdx.x} * kWarps + static_cast<int>(threadIdx.x) / kWarp;
    for (int64_t done = first; done < units; done += int64_t{gridDim.x} * kWarps) {
        body(piece_of(planes, units - 1 - done));
    }
}

// The first `count` vectors of this lane's batch at p; the others are 0.
template <Reuse kReuse, class T>
JSNORM_DEVICE void load_batch(Pack<T> (&batch)[kBatchVectors], global<const T> p,
                              int count = kBatchVectors) {
    JSNORM_UNROLL
    for (int i = 0; i < kBatchVectors; ++i) {
        batch[i] = {};
        if (i < count) batch[i] = load_pack<kReuse, T>(p + i * kPlaneStep<T>);
    }
}

// The first batch of a piece: by loads that are marked evict-first where `streams`, else from the
// L2 cache, so that they need not wait for the previous kernel.
template <class T>
JSNORM_DEVICE void load_batch(Pack<T> (&batch)[kBatchVectors], global<const T> p, int count,
                              bool streams) {
    if (streams) {
        load_batch<Reuse::kNever, T>(batch, p, count);
    } else {
        load_batch<Reuse::kFromL2, T>(batch, p, count);
    }
}

template <Reuse kReuse, class T>
JSNORM_DEVICE void store_batch(const Pack<T> (&batch)[kBatchVectors], global<T> p, int count) {
    JSNORM_UNROLL
    for (int i = 0; i < kBatchVectors; ++i) {
        if (i < count) store_pack<kReuse>(p + i * kPlaneStep<T>, batch[i]);
    }
}

}  // namespace jsnorm::gpu
