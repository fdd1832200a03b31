// SPDX-License-Identifier: Apache-2.0
// A tile of a row, x -> y = act(gamma*xhat + beta + z): the last step of rows_fused_forward, and
// the work of rows_apply_forward.
#pragma once

#include "kernels/rows/masks.cuh"
#include "kernels/rows/parameters.cuh"
#include "kernels/tensor/coefficients.cuh"

namespace jsnorm::gpu {

// What y needs beside x and its statistics.
template <class T>
struct RowsOutput {
    global<const T> z = nullptr;
    global<T> y = nullptr;
    RowParameters<T> parameters;
    int32_t relu = 0;
    int32_t whole_words = 0;  // of the mask: no two rows share one
    global<uint32_t> mask = nullptr;
};

// y of a span, from x in registers, which it overwrites. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void forward_tile(Tile<T> &x, const Rows &rows, const RowsOutput<T> &out,
                                const RowSpan &span, const Forward<Compute<T>> &coefficients,
                                shared<const Compute<T>> smem_parameters,
                                const RowStaging<T> &staging) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    const auto gammas = span_parameter<T, kLanes>(out.parameters, kGamma, span, smem_parameters);
    const auto betas = span_parameter<T, kLanes>(out.parameters, kBeta, span, smem_parameters);
    const bool adds = out.z != nullptr;
    VectorSource<T, kLanes> z_source = {};
    if (adds) z_source = vector_source<T, kLanes>(out.z, rows, span, kRowZ, staging);

    // y in the place of x, vector by vector; `positive` has a bit for each element.
    uint64_t positive = 0;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            Pack<T> z = {};
            if (adds) z = z_source.vector(rows, i, lane);
            Acc gamma[kV];
            Acc beta[kV];
            gammas.vector(i, lane, gamma);
            betas.vector(i, lane, beta);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                Acc value = preactivation_of(x.vectors[i].get(e), coefficients, gamma[e], beta[e],
                                             out.parameters.per_element != 0);
                if (adds) value += z.get(e);
                positive |= static_cast<uint64_t>(value > Acc(0)) << (i * kV + e);
                x.vectors[i].set(e, out.relu != 0 ? relu(value) : value);
            }
        }
    }

    // y and its mask to memory.
    store_tile<T, kLanes>(x, out.y, rows, span, kRowY, staging);
    if (out.mask != nullptr) {
        store_mask<T, kLanes>(positive, out.mask, out.whole_words != 0, rows, span, staging);
    }
}

}  // namespace jsnorm::gpu
