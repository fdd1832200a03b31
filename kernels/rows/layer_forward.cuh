// SPDX-License-Identifier: Apache-2.0
// Layer norm whose rows are statistics by themselves, forward: x -> y, where rows are whole vectors
// of 16 bytes at a constant step and there is nothing but x, gamma and beta to read. A block takes
// its rows once. Every lane knows the moments of its row, so that nothing but their sum passes
// through shared memory, and gamma and beta come through the L1 cache. The bits are those of
// rows_fused_forward.
#pragma once

#include "kernels/rows/layer_parameters.cuh"
#include "kernels/rows/layer_rules.cuh"
#include "kernels/rows/rows.cuh"
#include "kernels/tensor/tile_moments.cuh"
#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsLayerForward {
    Rows rows;  // operands: x, z (there is none), y
    global<const T> x;
    global<T> y;
    LayerParameters<T> parameters;
    LayerRules rules;
    StatisticArrays statistics;
};

// y of a row, from x in registers. y: the place of the lane's first element.
template <class T, int kLanes, class Parameter>
JSNORM_DEVICE void write_row(const Tile<T> &tile, const RowSpan &span,
                             const Forward<Compute<T>> &forward, const Parameter &gammas,
                             const Parameter &betas, global<T> y) {
    constexpr int kV = kWidth<T>;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        if (vector_index<T, kLanes>(i, RowThread<kLanes>().lane) >= span.count) break;
        constexpr int kStep = kLanes * kV;
        Compute<T> values[kV], gamma[kV], beta[kV];
        opaque(tile.vectors[i]).unpack(values);
        gammas.vector(i * kStep, gamma);
        betas.vector(i * kStep, beta);
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            values[e] = preactivation_by_element(values[e], forward.mean.head, forward.mean.tail,
                                                 forward.rstd, gamma[e], beta[e]);
        }
        Pack<T> result;
        result.pack(values);
        store_pack<Reuse::kNever>(y + i * kStep, result);
    }
}

// Blocks of a multiprocessor: as many as spill no register.
template <class T, int kLanes>
inline constexpr int kLayerBlocks = kRowThreads<kLanes> > kLeastRowThreads
                                        ? 2
                                        : (sizeof(T) == 2 ? 5 : 4);

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, (kLayerBlocks<T, kLanes>))
rows_layer_forward(RowsLayerForward<T> args) {
    using Acc = Compute<T>;
    constexpr int64_t kOnlyTile = 0;
    JSNORM_SHARED(double, scratch, kMomentScratch<kLanes>);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const int own = thread.lane * kWidth<T>;  // the lane's first element
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t index = blockIdx.x; index < blocks_of<kLanes>(rows); index += gridDim.x) {
        const RowBlock block = row_block<kLanes>(rows, index * kRowsPerBlock<kLanes>);
        const RowSpan span = row_span(rows, block, block.first + thread.row, kOnlyTile);

        // x is read.
        const global<const T> x = args.x + (span.cell * rows.cells.stride[0][kRowX] + own);
        Tile<T> tile;
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) tile.vectors[i] = Pack<T>{};
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            if (vector_index<T, kLanes>(i, thread.lane) >= span.count) break;
            tile.vectors[i] = load_pack<Reuse::kNever, T>(x + i * kLanes * kWidth<T>);
        }

        // Moments -> coefficients, by every lane.
        const Moments moments =
            tile_moments<T, kLanes, TileEnd::kWholeVector>(tile, span.count, scratch);
        if (span.count == 0) continue;
        const double elements = span.count;
        const Estimate estimate =
            estimate_of(args.rules.shrinkage, moments.mean, moments.m2 / elements);
        const Forward<Acc> forward = forward_of<Acc>(estimate, args.rules.epsilon);
        if (thread.lane == 0) store_estimate(args.statistics, span.cell, estimate);

        // x -> y.
        const global<T> y = args.y + (span.cell * rows.cells.stride[0][kRowY] + own);
        with_layer_parameters(args.parameters, own, [&](const auto &gammas, const auto &betas) {
            write_row<T, kLanes>(tile, span, forward, gammas, betas, y);
        });
    }
}

}  // namespace jsnorm::gpu
