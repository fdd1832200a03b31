// SPDX-License-Identifier: Apache-2.0
// x -> y on a tile of a row: the last part of the fused kernel, and a kernel of its own where
// coefficients come from memory.
#pragma once

#include "kernels/coefficients.cuh"
#include "kernels/mask.cuh"
#include "kernels/rows.cuh"

namespace jsnorm::gpu {

// Whose parameters a kernel takes: of the element, or of the cell, cell modulo P.
struct ParameterIndex {
    int32_t per_element = 0;
    Divisor parameters;
};

JSNORM_DEVICE int64_t parameter_of(const Divisor &parameters, int64_t cell) {
    return cell - divide(cell, parameters) * parameters.value;
}

// The parameter of the cell of a span, or nothing.
template <class Acc>
JSNORM_DEVICE Acc cell_parameter(global<const Acc> values, const ParameterIndex &index,
                                 const RowSpan &span) {
    if (index.per_element != 0 || span.count == 0) return Acc(0);
    return load(values + parameter_of(index.parameters, span.cell));
}

// The parameters of a vector that begins at element `first`: its own, or the cell's kCount times.
template <int kCount, class Acc>
JSNORM_DEVICE void vector_parameters(global<const Acc> values, const ParameterIndex &index,
                                     int64_t first, Acc of_cell, Acc (&result)[kCount]) {
    if (index.per_element != 0) {
        load_values(values + first, result);
    } else {
        JSNORM_UNROLL
        for (int e = 0; e < kCount; ++e) result[e] = of_cell;
    }
}

// What y = act(gamma*xhat + beta + z) needs beside x and its statistics. Operands of `rows`: 0 x,
// 1 z, 2 y.
template <class T>
struct RowsOutput {
    global<const T> z = nullptr;
    global<T> y = nullptr;
    Parameters<Compute<T>> parameters;
    ParameterIndex index;
    int32_t relu = 0;
    int32_t whole_words = 0;  // of the mask: no two rows share one
    global<uint32_t> mask = nullptr;
};

// The bits of a lane's vectors, kWidth<T> of `positive` each.
template <class T>
JSNORM_DEVICE uint32_t bits_of(uint64_t positive, int i) {
    return static_cast<uint32_t>(positive >> (i * kWidth<T>)) & ((1u << kWidth<T>)-1);
}

template <class T, int kLanes>
JSNORM_DEVICE void store_mask(uint64_t positive, const Rows &rows, const RowsOutput<T> &out,
                              const RowSpan &span, shared<T> staging) {
    const RowThread<kLanes> thread;
    const int64_t base = span.count > 0 ? offset_of(rows.cells, span.cell, 0) : 0;
    if (rows.vectors != 0) {
        const PlanePlace place = place_of(rows.plane, span.first);
        const int lane = opaque(thread.lane);
        JSNORM_UNROLL
        for (int i = 0; i < kVectors; ++i) {
            const int index = vector_index<T, kLanes>(i, lane);
            const bool inside = index < span.count;
            const int64_t offset = base + plane_offset(rows.plane, place, index, 0);
            if (out.whole_words != 0) {
                write_mask<T>(out.mask, offset, bits_of<T>(positive, i), inside);
            } else if (inside) {
                merge_mask(out.mask, offset, bits_of<T>(positive, i));
            }
        }
        return;
    }
    // A byte for each vector.
    const shared<unsigned char> bytes =
        shared_cast<unsigned char>(staging) + thread.row * kLanes * kVectors;
    __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kVectors; ++i) {
        bytes[i * kLanes + thread.lane] = static_cast<unsigned char>(bits_of<T>(positive, i));
    }
    __syncthreads();
    JSNORM_ROLLED
    for (int index = thread.lane; index < span.count; index += kLanes) {
        const unsigned bits = static_cast<unsigned char>(bytes[index / kWidth<T>]);
        merge_mask(out.mask, base + offset_of(rows.elements, span.first + index, 0),
                   bits >> (index % kWidth<T>)&1u);
    }
}

// y of a span, from x in registers, which it overwrites.
template <class T, int kLanes>
JSNORM_DEVICE void forward_tile(Tile<T> &x, const Rows &rows, const RowsOutput<T> &out,
                                const RowSpan &span, const Forward<Compute<T>> &of,
                                shared<T> staging) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const int lane = opaque(RowThread<kLanes>().lane);
    const Acc cell_gamma = cell_parameter(out.parameters.gamma, out.index, span);
    const Acc cell_beta = cell_parameter(out.parameters.beta, out.index, span);
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
            vector_parameters(out.parameters.gamma, out.index, span.first + index, cell_gamma,
                              gamma);
            vector_parameters(out.parameters.beta, out.index, span.first + index, cell_beta, beta);
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
    if (out.mask != nullptr) store_mask<T, kLanes>(positive, rows, out, span, staging);
}

template <class T>
struct RowsApplyForward {
    Rows rows;
    global<const T> x;
    RowsOutput<T> out;
    ForwardArrays<Compute<T>> coefficients;
};

// Tiles in reverse order: the statistics read the last ones last. Dynamic shared memory: staging.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_apply_forward(RowsApplyForward<T> args) {
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const int64_t blocks = divide_up(rows.cell_count, kRowsPerBlock<kLanes>);
    const int64_t tiles = divide_up(rows.cell_elements, row_tile<T>(kLanes));
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t done = blockIdx.x; done < blocks * tiles; done += gridDim.x) {
        const int64_t unit = blocks * tiles - 1 - done;
        const int64_t tile = unit / blocks;
        const int64_t cell = (unit - tile * blocks) * kRowsPerBlock<kLanes> + thread.row;
        const RowSpan span = row_span<T, kLanes>(rows, cell, tile);
        Tile<T> x;
        load_tile<true, T, kLanes>(x, args.x, rows, span, 0, staging);
        Forward<Compute<T>> of = {};
        if (span.count > 0) of = load_forward(args.coefficients, cell);
        forward_tile<T, kLanes>(x, rows, args.out, span, of, staging);
    }
}

}  // namespace jsnorm::gpu
