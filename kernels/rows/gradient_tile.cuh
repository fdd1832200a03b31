// SPDX-License-Identifier: Apache-2.0
// A tile of x and dy of a row: the gradient behind the activation, its sums, and dx.
#pragma once

#include "kernels/rows/masks.cuh"
#include "kernels/rows/parameters.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/gradient.cuh"
#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

// What every backward kernel of rows reads. Operands of `rows`: 0 x, 1 dy, 2 dx, 3 dz.
template <class T>
struct RowsInput {
    global<const T> x = nullptr;
    global<const T> dy = nullptr;
    RowParameters<T> parameters;
    Gate gate = Gate::kNone;
    global<const uint32_t> mask = nullptr;

    // Arrays of parameters that a kernel needs: beta for the gate alone.
    JSNORM_DEVICE int parameter_arrays() const { return gate == Gate::kRecompute ? 2 : 1; }
};

// x and the gated dy of a span.
template <class T>
struct RowGradientTile {
    Tile<T> x;
    Tile<T> dy;
};

template <class T, int kLanes>
JSNORM_DEVICE void gate_by_sign(RowGradientTile<T> &tile, const RowsInput<T> &in, const RowSpan &span,
                                const Forward<Compute<T>> &of, shared<const Compute<T>> held) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    const auto gammas = span_parameter<T, kLanes>(in.parameters, kGamma, span, held);
    const auto betas = span_parameter<T, kLanes>(in.parameters, kBeta, span, held);
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
                const Acc value = preactivation_of(tile.x.vectors[i].get(e), of, gamma[e], beta[e]);
                if (!(value > Acc(0))) tile.dy.vectors[i].clear(e);
            }
        }
    }
}

template <Reuse kReuse, class T, int kLanes>
JSNORM_DEVICE void load_gradient_tile(RowGradientTile<T> &tile, const Rows &rows,
                                      const RowsInput<T> &in, const RowSpan &span,
                                      const Forward<Compute<T>> &of, shared<const Compute<T>> held,
                                      const RowStaging<T> &staging) {
    load_tile<kReuse, T, kLanes>(tile.x, in.x, rows, span, 0, staging);
    load_tile<kReuse, T, kLanes>(tile.dy, in.dy, rows, span, 1, staging);
    if (in.gate == Gate::kRecompute) {
        gate_by_sign<T, kLanes>(tile, in, span, of, held);
    } else if (in.gate == Gate::kMask) {
        gate_by_mask<T, kLanes>(tile.dy, in.mask, rows, span, staging);
    }
}


template <class T, int kLanes>
JSNORM_DEVICE GradientSums tile_gradient_sums(const RowGradientTile<T> &tile, const RowsInput<T> &in,
                                              const RowSpan &span,
                                              const MeanPair<Compute<T>> &centre,
                                              shared<const Compute<T>> held,
                                              shared<double> scratch) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    // That of a cell is put to its sums later.
    const SpanParameter<T, kLanes> gammas(in.parameters, kGamma, span, held, Acc(1));
    Acc chains[2][kV] = {};
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {  // a dy beyond it is 0
            Acc gamma[kV];
            gammas.vector(i, lane, gamma);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                const Acc g = gamma[e] * tile.dy.vectors[i].get(e);
                const Acc x = tile.x.vectors[i].get(e);
                chains[0][e] += g;
                chains[1][e] += g * ((x - centre.head) - centre.tail);
            }
        }
    }
    double sums[2];
    sum_chains<kLanes>(chains, scratch, sums);
    return {sums[0], sums[1]};
}


// Overwrites the tile.
template <class T, int kLanes>
JSNORM_DEVICE void store_gradients(RowGradientTile<T> &tile, const Rows &rows, const RowsInput<T> &in,
                                   const GradientOutputs<T> &out, const RowSpan &span,
                                   const Backward<Compute<T>> &of, shared<const Compute<T>> held,
                                   const RowStaging<T> &staging) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    if (out.dz != nullptr) store_tile<T, kLanes>(tile.dy, out.dz, rows, span, 3, staging);
    if (out.dx == nullptr) return;
    const auto gammas = span_parameter<T, kLanes>(in.parameters, kGamma, span, held);
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            Acc gamma[kV];
            gammas.vector(i, lane, gamma);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                tile.x.vectors[i].set(
                    e, input_gradient_of(tile.dy.vectors[i].get(e), tile.x.vectors[i].get(e), of,
                                         gamma[e], out.through_statistics != 0));
            }
        }
    }
    store_tile<T, kLanes>(tile.x, out.dx, rows, span, 2, staging);
}

}  // namespace jsnorm::gpu
