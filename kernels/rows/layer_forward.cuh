// SPDX-License-Identifier: Apache-2.0
// Layer norm whose rows are statistics by themselves, forward: x -> y, where rows are whole vectors
// of 16 bytes at a constant step and there is nothing but x, gamma and beta to read. A block takes
// its rows once. Every lane knows the moments of its row, so that nothing but their sum passes
// through shared memory, and gamma and beta come through the L1 cache. The bits are those of
// rows_fused_forward.
#pragma once

#include "kernels/rows/tile_moments.cuh"
#include "kernels/tensor/parameters.cuh"
#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsLayerForward {
    Rows rows;  // operands: x, z (there is none), y
    global<const T> x;
    global<T> y;
    GivenArray<T> gamma;  // of elements
    GivenArray<T> beta;
    int32_t wide_parameters;  // gamma and beta allow accesses of 16 bytes
    Groups groups;            // of one statistic each
    NormRules rules;
    StatisticArrays statistics;
};

// gamma or beta of elements, from this lane's first one on; read by 16 bytes.
template <class T, class Given>
struct WideParameter {
    using Acc = Compute<T>;
    global<const Given> own;
    bool exists;
    Acc absent;

    JSNORM_DEVICE WideParameter(global<const Given> array, int first, Acc without)
        : own(array + first), exists(array != nullptr), absent(without) {}

    // distance: from the lane's first element.
    JSNORM_DEVICE void vector(int distance, Acc (&values)[kWidth<T>]) const {
        constexpr int kStep = kWidth<Given> < kWidth<T> ? kWidth<Given> : kWidth<T>;
        JSNORM_UNROLL
        for (int first = 0; first < kWidth<T>; first += kStep) {
            if (exists) {
                const auto part = load_vec<kStep>(own + (distance + first));
                JSNORM_UNROLL
                for (int e = 0; e < kStep; ++e) values[first + e] = Acc(widen(part.v[e]));
            } else {
                JSNORM_UNROLL
                for (int e = 0; e < kStep; ++e) values[first + e] = absent;
            }
        }
    }
};

// The same, element by element.
template <class T>
struct GivenParameter {
    using Acc = Compute<T>;
    GivenArray<T> array;
    int first;
    Acc absent;

    JSNORM_DEVICE void vector(int distance, Acc (&values)[kWidth<T>]) const {
        JSNORM_UNROLL
        for (int e = 0; e < kWidth<T>; ++e) {
            values[e] = given_at(array, first + distance + e, absent);
        }
    }
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
    constexpr bool kWhole = true;
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
        const Moments moments = tile_moments<T, kLanes, kWhole>(tile, span, scratch);
        if (span.count == 0) continue;
        const double elements = span.count;
        const GroupShrinkage shrinkage = shrinkage_of(args.groups, args.rules, elements, {});
        const Estimate estimate = estimate_of(shrinkage, moments.mean, moments.m2 / elements);
        const Forward<Acc> forward = forward_of<Acc>(estimate, args.rules.epsilon);
        if (thread.lane == 0) store_estimate(args.statistics, span.cell, estimate);

        // x -> y.
        const global<T> y = args.y + (span.cell * rows.cells.stride[0][kRowY] + own);
        const auto write = [&](const auto &gammas, const auto &betas) {
            write_row<T, kLanes>(tile, span, forward, gammas, betas, y);
        };
        const auto write_wide = [&](auto gamma, auto beta) {
            using Given = std::remove_cvref_t<decltype(load(gamma))>;
            write(WideParameter<T, Given>(gamma, own, Acc(1)),
                  WideParameter<T, Given>(beta, own, Acc(0)));
        };
        if (args.wide_parameters == 0) {
            write(GivenParameter<T>{args.gamma, own, Acc(1)},
                  GivenParameter<T>{args.beta, own, Acc(0)});
        } else if (args.gamma.as_float != nullptr || args.beta.as_float != nullptr) {
            write_wide(args.gamma.as_float, args.beta.as_float);
        } else {
            write_wide(args.gamma.as_x, args.beta.as_x);
        }
    }
}

}  // namespace jsnorm::gpu
