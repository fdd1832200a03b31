// SPDX-License-Identifier: Apache-2.0
// x -> y on a tile of a row: the last step of rows_fused_forward, and all of rows_apply_forward.
#pragma once

#include "kernels/rows/masks.cuh"
#include "kernels/rows/parameters.cuh"
#include "kernels/tensor/coefficients.cuh"

namespace jsnorm::gpu {

// What y = act(gamma*xhat + beta + z) needs beside x and its statistics. Operands of `rows`: 0 x,
// 1 z, 2 y.
template <class T>
struct RowsOutput {
    global<const T> z = nullptr;
    global<T> y = nullptr;
    RowParameters<T> parameters;
    int32_t relu = 0;
    int32_t whole_words = 0;  // of the mask: no two rows share one
    global<uint32_t> mask = nullptr;
};

// y of a span, from x in registers, which it overwrites.
template <class T, int kLanes>
JSNORM_DEVICE void forward_tile(Tile<T> &x, const Rows &rows, const RowsOutput<T> &out,
                                const RowSpan &span, const Forward<Compute<T>> &of,
                                shared<const Compute<T>> held, const RowStaging<T> &staging) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    const auto gammas = span_parameter<T, kLanes>(out.parameters, kGamma, span, held);
    const auto betas = span_parameter<T, kLanes>(out.parameters, kBeta, span, held);
    const bool adds = out.z != nullptr;
    VectorSource<T, kLanes> source = {};
    if (adds) source = vector_source<T, kLanes>(out.z, rows, span, 1, staging);
    uint64_t positive = 0;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            Pack<T> z = {};
            if (adds) z = source.vector(rows, i, lane);
            Acc gamma[kV];
            Acc beta[kV];
            gammas.vector(i, lane, gamma);
            betas.vector(i, lane, beta);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                Acc value = preactivation_of(x.vectors[i].get(e), of, gamma[e], beta[e]);
                if (adds) value += z.get(e);
                positive |= static_cast<uint64_t>(value > Acc(0)) << (i * kV + e);
                x.vectors[i].set(e, out.relu != 0 ? relu(value) : value);
            }
        }
    }
    store_tile<T, kLanes>(x, out.y, rows, span, 2, staging);
    if (out.mask != nullptr) {
        store_mask<T, kLanes>(positive, out.mask, out.whole_words != 0, rows, span, staging);
    }
}

}  // namespace jsnorm::gpu
