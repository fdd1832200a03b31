// SPDX-License-Identifier: Apache-2.0
// A tile of x and dy of a row: the gradient behind the activation, its sums, and dx.
#pragma once

#include "kernels/rows/masks.cuh"
#include "kernels/rows/parameters.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/gradient.cuh"
#include "kernels/tensor/gradient_chains.cuh"
#include "kernels/tensor/partials.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {

// What every backward kernel of rows reads.
template <class T>
struct RowsInput {
    global<const T> x = nullptr;
    global<const T> dy = nullptr;
    RowParameters<T> parameters;
    Gate gate = Gate::kNone;
    global<const uint32_t> mask = nullptr;

    // The arrays of parameters that a kernel needs: gamma, and beta for the gate alone.
    JSNORM_DEVICE int parameter_arrays() const {
        return gate == Gate::kRecompute ? kRowParameterCount : kGamma + 1;
    }
};

// x and the gated dy of a span.
template <class T>
struct RowGradientTile {
    Tile<T> x;
    Tile<T> dy;
};

// dy becomes 0 where the recomputed preactivation is not positive.
template <class T, int kLanes>
JSNORM_DEVICE void gate_by_sign(RowGradientTile<T> &tile, const RowsInput<T> &in,
                                const RowSpan &span, const Forward<Compute<T>> &coefficients,
                                shared<const Compute<T>> smem_parameters) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    const auto gammas = span_parameter<T, kLanes>(in.parameters, kGamma, span, smem_parameters);
    const auto betas = span_parameter<T, kLanes>(in.parameters, kBeta, span, smem_parameters);
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            Acc gamma[kV];
            Acc beta[kV];
            gammas.vector(i, lane, gamma);
            betas.vector(i, lane, beta);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                const Acc value = preactivation_of(tile.x.vectors[i].get(e), coefficients, gamma[e],
                                                   beta[e], in.parameters.per_element != 0);
                if (!(value > Acc(0))) tile.dy.vectors[i].clear(e);
            }
        }
    }
}

// x, and dy behind the activation. coefficients: for the gate. Takes part: every thread of the
// block.
template <Reuse kReuse, class T, int kLanes>
JSNORM_DEVICE void load_gradient_tile(RowGradientTile<T> &tile, const Rows &rows,
                                      const RowsInput<T> &in, const RowSpan &span,
                                      const Forward<Compute<T>> &coefficients,
                                      shared<const Compute<T>> smem_parameters,
                                      const RowStaging<T> &staging) {
    load_tile<kReuse, T, kLanes>(tile.x, in.x, rows, span, kRowX, staging);
    load_tile<kReuse, T, kLanes>(tile.dy, in.dy, rows, span, kRowDy, staging);
    if (in.gate == Gate::kRecompute) {
        gate_by_sign<T, kLanes>(tile, in, span, coefficients, smem_parameters);
    } else if (in.gate == Gate::kMask) {
        gate_by_mask<T, kLanes>(tile.dy, in.mask, rows, span, staging);
    }
}

// The sums over this lane's elements of g and of g*(x - head), head that of the centre.
template <class T, int kLanes>
JSNORM_DEVICE SumPair lane_gradient_sums(const RowGradientTile<T> &tile, const RowsInput<T> &in,
                                         const RowSpan &span, Compute<T> head,
                                         shared<const Compute<T>> smem_parameters) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    constexpr Acc kOne = 1;  // a per-cell gamma multiplies the finished sums instead
    const int lane = opaque(RowThread<kLanes>().lane);
    const SpanParameter<T, kLanes> gammas(in.parameters, kGamma, span, smem_parameters, kOne);
    GradientChains<T> chains;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {  // a dy beyond the span is 0
            Acc gamma[kV];
            gammas.vector(i, lane, gamma);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                chains.add(e, gamma[e] * tile.dy.vectors[i].get(e), tile.x.vectors[i].get(e), head);
            }
        }
    }
    return chains.sum();
}

// The sums of g and g*(x - centre) of a tile, known to all lanes of the row. Takes part: every
// thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE GradientSums tile_gradient_sums(const RowGradientTile<T> &tile,
                                              const RowsInput<T> &in, const RowSpan &span,
                                              const MeanPair<Compute<T>> &centre,
                                              shared<const Compute<T>> smem_parameters,
                                              shared<double> scratch) {
    const SumPair own = lane_gradient_sums<T, kLanes>(tile, in, span, centre.head, smem_parameters);
    return about_centre(sum_lanes<kLanes>(own, scratch), centre);
}

// x and dy -> dx and dz in memory. Overwrites the tile. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void store_gradients(RowGradientTile<T> &tile, const Rows &rows,
                                   const RowsInput<T> &in, const GradientOutputs<T> &out,
                                   const RowSpan &span, const Backward<Compute<T>> &coefficients,
                                   shared<const Compute<T>> smem_parameters,
                                   const RowStaging<T> &staging) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    if (out.dz != nullptr) store_tile<T, kLanes>(tile.dy, out.dz, rows, span, kRowDz, staging);
    if (out.dx == nullptr) return;
    const bool through = out.through_statistics != 0;
    const bool by_element = in.parameters.per_element != 0;  // statistics are then never fixed
    const RowGradientStep<Acc> step = row_gradient_step(coefficients);
    const auto gammas = span_parameter<T, kLanes>(in.parameters, kGamma, span, smem_parameters);
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            Acc gamma[kV];
            gammas.vector(i, lane, gamma);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                const Acc dy = tile.dy.vectors[i].get(e);
                const Acc x = tile.x.vectors[i].get(e);
                tile.x.vectors[i].set(
                    e, by_element ? input_gradient_by_element(gamma[e] * dy, x, coefficients, step)
                                  : input_gradient_of(dy, x, coefficients, gamma[e], through));
            }
        }
    }
    store_tile<T, kLanes>(tile.x, out.dx, rows, span, kRowDx, staging);
}

}  // namespace jsnorm::gpu
