// SPDX-License-Identifier: Apache-2.0
// Layer norm whose rows are statistics by themselves, backward: x, dy -> dx, dgamma and dbeta,
// where rows are whole vectors of 16 bytes at a constant step and there is nothing but x, dy and
// gamma to read. A block takes the rows of a part one after another. x and dy of a row stay in
// registers between its sums and dx; dgamma and dbeta of a lane's own elements stay there for the
// whole part. The bits are those of rows_fused_backward.
#pragma once

#include "kernels/rows/layer_parameters.cuh"
#include "kernels/rows/layer_rules.cuh"
#include "kernels/rows/parameter_parts.cuh"
#include "kernels/rows/parameters.cuh"
#include "kernels/rows/rows.cuh"
#include "kernels/tensor/gradient_chains.cuh"
#include "kernels/tensor/statistic_gradients.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsLayerBackward {
    Rows rows;  // operands: x, dy, dx, dz (there is none)
    global<const T> x;
    global<const T> dy;
    global<T> dx;
    LayerParameters<T> parameters;  // gamma alone
    LayerRules rules;
    StatisticVectors saved;
    ParameterParts<T> parts;
};

// x and dy of a row: a lane's vectors.
template <class T>
struct LayerRow {
    Pack<T> x[kLayerVectors];
    Pack<T> dy[kLayerVectors];
};

// Calls body(i) for the vectors of a row that this lane holds.
template <class T, int kLanes, class Body>
JSNORM_DEVICE void for_layer_vectors(const RowSpan &span, const Body &body) {
    JSNORM_UNROLL
    for (int i = 0; i < kLayerVectors; ++i) {
        if (vector_index<T, kLanes>(i, RowThread<kLanes>().lane) >= span.count) break;
        body(i);
    }
}

// The distance of a lane's vector i from its first one.
template <class T, int kLanes>
JSNORM_DEVICE constexpr int layer_step(int i) {
    return i * kLanes * kWidth<T>;
}

template <class T, int kLanes>
JSNORM_DEVICE RowSpan layer_span(const Rows &rows, int64_t step) {
    constexpr int64_t kOnlyTile = 0;
    const RowBlock block = row_block<kLanes>(rows, step * kRowsPerBlock<kLanes>);
    return row_span(rows, block, block.first + RowThread<kLanes>().row, kOnlyTile);
}

// own: the lane's first element.
template <class T, int kLanes>
JSNORM_DEVICE void load_layer_row(LayerRow<T> &row, const RowsLayerBackward<T> &args,
                                  const RowSpan &span, int own) {
    const auto &stride = args.rows.cells.stride[0];
    const global<const T> x = args.x + (span.cell * stride[kRowX] + own);
    const global<const T> dy = args.dy + (span.cell * stride[kRowDy] + own);
    JSNORM_UNROLL
    for (int i = 0; i < kLayerVectors; ++i) row.x[i] = row.dy[i] = Pack<T>{};
    for_layer_vectors<T, kLanes>(
        span, [&](int i) { row.x[i] = load_pack<Reuse::kNever, T>(x + layer_step<T, kLanes>(i)); });
    for_layer_vectors<T, kLanes>(span, [&](int i) {
        row.dy[i] = load_pack<Reuse::kNever, T>(dy + layer_step<T, kLanes>(i));
    });
}

// dgamma and dbeta of a lane's elements, over the rows of a part.
template <class T>
struct LayerGradients {
    using Acc = Compute<T>;
    Acc dgamma[kLayerVectors][kWidth<T>] = {};
    Acc dbeta[kLayerVectors][kWidth<T>] = {};
};

// The sums of a row -> the coefficients of dx.
template <class T>
JSNORM_DEVICE Backward<Compute<T>> layer_coefficients(const RowsLayerBackward<T> &args,
                                                      const Estimate &estimate,
                                                      const GradientSums &sums) {
    using Acc = Compute<T>;
    const LayerRules &rules = args.rules;
    const auto elements = static_cast<double>(args.rows.cell_elements);
    const StatisticGradient gradient = statistic_gradient(
        rules.shrinkage, rules.epsilon, estimate.mean, estimate.variance, sums.g, sums.g_centred);
    const GradientTerms terms = own_terms_of(rules.shrinkage, gradient, elements);
    return {split_mean<Acc>(estimate.mean), forward_of<Acc>(estimate, rules.epsilon).rstd,
            static_cast<Acc>(terms.b), static_cast<Acc>(terms.t)};
}

// A row: x, dy -> dx; its terms are added to dgamma and dbeta. Takes part: every thread of the
// block.
template <class T, int kLanes, class Gamma>
JSNORM_DEVICE void differentiate_row(const RowsLayerBackward<T> &args, const RowSpan &span,
                                     const LayerRow<T> &row, const Gamma &gammas, int own,
                                     LayerGradients<T> &gradients, shared<double> scratch) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    // Saved statistics -> coefficients, by every lane.
    Estimate estimate = {};
    if (span.count > 0) {
        estimate = estimate_of(args.rules.shrinkage, load(args.saved.mean + span.cell),
                               load(args.saved.variance + span.cell));
    }
    const Forward<Acc> forward = forward_of<Acc>(estimate, args.rules.epsilon);
    const MeanPair<Acc> centre = split_mean<Acc>(estimate.mean);

    // x and dy -> the sums of the row, dgamma and dbeta.
    GradientChains<T> chains;
    for_layer_vectors<T, kLanes>(span, [&](int i) {
        Acc gamma[kV], x[kV], dy[kV];
        gammas.vector(layer_step<T, kLanes>(i), gamma);
        row.x[i].unpack(x);
        row.dy[i].unpack(dy);
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            chains.add(e, gamma[e] * dy[e], x[e], centre.head);
            add_parameter_gradient(gradients.dgamma[i][e], gradients.dbeta[i][e], dy[e], x[e],
                                   forward);
        }
    });
    const GradientSums sums = about_centre(sum_lanes<kLanes>(chains.sum(), scratch), centre);

    // x and dy -> dx.
    const Backward<Acc> backward = layer_coefficients(args, estimate, sums);
    const RowGradientStep<Acc> step = row_gradient_step(backward);
    const global<T> dx = args.dx + (span.cell * args.rows.cells.stride[0][kRowDx] + own);
    for_layer_vectors<T, kLanes>(span, [&](int i) {
        Acc gamma[kV], x[kV], dy[kV];
        gammas.vector(layer_step<T, kLanes>(i), gamma);
        opaque(row.x[i]).unpack(x);
        opaque(row.dy[i]).unpack(dy);
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            x[e] = input_gradient_by_element(gamma[e] * dy[e], x[e], backward, step);
        }
        Pack<T> result;
        result.pack(x);
        store_pack<Reuse::kNever>(dx + layer_step<T, kLanes>(i), result);
    });
}

// One of the two gradients of a part -> memory. sums: of each row of the block, if there are
// several, `values` entries in lane order. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void write_layer_gradient(const Compute<T> (&own)[kLayerVectors][kWidth<T>],
                                        int count, global<Compute<T>> partials,
                                        shared<Compute<T>> sums, int values) {
    using Acc = Compute<T>;
    constexpr int kStep = kValueWidth<T>;
    using Values = Vec<Acc, kStep>;
    constexpr bool kSeveralRows = kRowsPerBlock < kLanes >> 1;
    const RowThread<kLanes> thread;
    const shared<Values> row_sums = shared_cast<Values>(sums + thread.row * values);
    if constexpr (kSeveralRows) __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kLayerVectors; ++i) {
        const int first = vector_index<T, kLanes>(i, thread.lane);
        if (first >= count) break;
        JSNORM_UNROLL
        for (int step = 0; step < kWidth<T> / kStep; ++step) {
            Values part;
            JSNORM_UNROLL
            for (int e = 0; e < kStep; ++e) part.v[e] = own[i][step * kStep + e];
            if constexpr (kSeveralRows) {
                row_sums[lane_values<T, kLanes>(i, step, thread.lane) / kStep] = part;
            } else {
                store_vec<kStep>(partials + (first + step * kStep), part);
            }
        }
    }
    if constexpr (kSeveralRows) {
        __syncthreads();
        JSNORM_ROLLED
        for (int index = static_cast<int>(threadIdx.x); index < count;
             index += kRowThreads<kLanes>) {
            Acc sum = Acc(0);
            for (int row = 0; row < kRowsPerBlock<kLanes>; ++row) {
                sum += Acc(sums[row * values + lane_order<T>(index)]);
            }
            store(partials + index, sum);
        }
    }
}

// Blocks of a multiprocessor: as many as there are parts for (kNarrowPartCount and its like in
// src/cuda/plan/tuning.hpp).
template <int kLanes>
inline constexpr int kLayerBackwardBlocks = kRowThreads<kLanes> > kLeastRowThreads ? 1
                                            : kLanes > kWarp                       ? 2
                                                                                   : 3;
// A block whose threads all wait for the sums of one row reads the next row meanwhile.
template <int kLanes>
inline constexpr bool kReadsAhead = kLanes > kWarp;

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, (kLayerBackwardBlocks<kLanes>))
rows_layer_backward(RowsLayerBackward<T> args) {
    using Acc = Compute<T>;
    constexpr bool kAhead = kReadsAhead<kLanes>;
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const Rows &rows = args.rows;
    const ParameterParts<T> &parts = args.parts;
    const int own = RowThread<kLanes>().lane * kWidth<T>;  // the lane's first element
    const int count = static_cast<int>(rows.cell_elements);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const auto with_gamma = [&](const auto &gammas, const auto &) {
        for (int64_t part = blockIdx.x; part < parts.count; part += gridDim.x) {
            const int64_t first = part * parts.steps;
            const int64_t rest = blocks_of<kLanes>(rows) - first;
            const auto steps = static_cast<int>(rest < parts.steps ? rest : parts.steps);
            const auto span_of = [&](int step) {
                return layer_span<T, kLanes>(rows, first + step);
            };
            LayerGradients<T> gradients;
            LayerRow<T> row;
            if (kAhead) load_layer_row<T, kLanes>(row, args, span_of(0), own);
            JSNORM_ROLLED
            for (int step = 0; step < steps; ++step) {
                const RowSpan span = span_of(step);
                LayerRow<T> next;
                if (!kAhead) {
                    load_layer_row<T, kLanes>(row, args, span, own);
                } else if (step + 1 < steps) {
                    load_layer_row<T, kLanes>(next, args, span_of(step + 1), own);
                }
                differentiate_row<T, kLanes>(args, span, row, gammas, own, gradients, scratch);
                if (kAhead) row = next;
            }

            // dgamma and dbeta of the part.
            if (parts.partials == nullptr) continue;
            const global<Acc> partials = parts.partials + 2 * part * count;
            const shared<Acc> sums = shared_cast<Acc>(memory);
            write_layer_gradient<T, kLanes>(gradients.dgamma, count, partials, sums, parts.values);
            write_layer_gradient<T, kLanes>(gradients.dbeta, count, partials + count, sums,
                                            parts.values);
        }
    };
    with_layer_parameters(args.parameters, own, with_gamma);
}

}  // namespace jsnorm::gpu
