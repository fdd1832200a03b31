// SPDX-License-Identifier: Apache-2.0
// x -> y on a tile of a row: the last part of the fused kernel, and a kernel of its own where
// coefficients come from memory.
#pragma once

#include "kernels/coefficients.cuh"
#include "kernels/row_masks.cuh"
#include "kernels/row_parameters.cuh"

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
    for (int i = 0; i < kVectors; ++i) {
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

template <class T>
struct RowsApplyForward {
    Rows rows;
    global<const T> x;
    RowsOutput<T> out;
    ForwardArrays<Compute<T>> coefficients;
    BlockMemory memory;
};

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_apply_forward(RowsApplyForward<T> args) {
    using Acc = Compute<T>;
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const shared<Acc> held = shared_cast<Acc>(memory + args.memory.parameters);
    const RowStaging<T> staging(memory, args.memory);
    const ReverseTiles<T, kLanes> tiles(args.rows);
    wait_for_previous_kernel();
    let_next_kernel_start();
    int64_t held_first = -1;
    for (int64_t done = blockIdx.x; done < tiles.count(); done += gridDim.x) {
        const RowSpan span = tiles.span(args.rows, done);
        if (span.first != held_first) {
            hold_parameters<T, kLanes>(held, args.out.parameters, 2, span.first);
            held_first = span.first;
        }
        Tile<T> x;
        load_tile<true, T, kLanes>(x, args.x, args.rows, span, 0, staging);
        Forward<Acc> of = {};
        if (span.count > 0) of = load_forward(args.coefficients, span.cell);
        forward_tile<T, kLanes>(x, args.rows, args.out, span, of, held, staging);
    }
}

}  // namespace jsnorm::gpu
