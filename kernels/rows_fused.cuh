// SPDX-License-Identifier: Apache-2.0
// Rows that nothing couples and that fit the registers of their lanes: each is read once and
// written once, statistics and shrinkage on the way.
#pragma once

#include "kernels/parameter_partials.cuh"
#include "kernels/rows_statistics.cuh"
#include "kernels/rules.cuh"

namespace jsnorm::gpu {

// Where statistics go that the caller asked for; each may be NULL.
struct StatisticArrays {
    global<double> saved_mean = nullptr;
    global<double> saved_variance = nullptr;
    global<double> shrunk_mean = nullptr;
    global<double> shrunk_variance = nullptr;
};

JSNORM_DEVICE void store_if(global<double> array, int64_t index, double value) {
    if (array != nullptr) store(array + index, value);
}

template <class T>
struct RowsForward {
    Rows rows;
    global<const T> x;
    RowsOutput<T> out;
    NormRules rules;
    StatisticArrays statistics;
};

// Dynamic shared memory: staging.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_forward(RowsForward<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const double elements = static_cast<double>(rows.cell_elements);
    const int64_t blocks = divide_up(rows.cell_count, kRowsPerBlock<kLanes>);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t cell = block * kRowsPerBlock<kLanes> + thread.row;
        const RowSpan span = row_span<T, kLanes>(rows, cell, 0);
        Tile<T> x;
        load_tile<true, T, kLanes>(x, args.x, rows, span, 0, staging);
        const Moments moments = tile_moments<T, kLanes>(x, span, scratch);
        const double variance = moments.m2 / elements;
        const LoneStatistic alone = shrink_alone(args.rules, elements, moments.mean, variance);
        const Forward<Acc> of = {
            split_mean<Acc>(alone.mean),
            narrow_rstd<Acc>(reciprocal_deviation(alone.variance, args.rules.epsilon))};
        if (span.count > 0 && thread.lane == 0) {
            store_if(args.statistics.saved_mean, cell, moments.mean);
            store_if(args.statistics.saved_variance, cell, variance);
            store_if(args.statistics.shrunk_mean, cell, alone.mean);
            store_if(args.statistics.shrunk_variance, cell, alone.variance);
        }
        forward_tile<T, kLanes>(x, rows, args.out, span, of, staging);
    }
}

template <class T>
struct RowsBackward {
    Rows rows;
    RowsInput<T> in;
    RowsGradients<T> out;
    NormRules rules;
    global<const double> saved_mean;
    global<const double> saved_variance;
    // Where parameters belong to cells and their gradients are wanted: the sums of the cells,
    // g_centred cell_count entries behind g, and the shrunk statistics.
    global<double> sums = nullptr;
    global<double> shrunk_mean = nullptr;
    global<double> shrunk_variance = nullptr;
    ParameterParts<T> parts;
    int64_t parameters = 0;
};

// A block takes a part of the rows. Dynamic shared memory: parameter_sums_size() values, then
// staging.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_backward(RowsBackward<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(Acc, parameter_sums);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const bool by_element = args.parts.partials != nullptr;
    const shared<T> staging =
        shared_cast<T>(parameter_sums + staging_offset(args.parts, kRowThreads<kLanes>));
    const double elements = static_cast<double>(rows.cell_elements);
    const int64_t parts = divide_up(rows.cell_count, args.parts.part_rows);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t part = blockIdx.x; part < parts; part += gridDim.x) {
        if (by_element) clear_parameter_sums<T>(parameter_sums, args.parts.vectors);
        JSNORM_ROLLED
        for (int64_t row = 0; row < args.parts.part_rows; row += kRowsPerBlock<kLanes>) {
            const int64_t cell = part * args.parts.part_rows + row + thread.row;
            const RowSpan span = row_span<T, kLanes>(rows, cell, 0);
            const bool exists = span.count > 0;
            const double mean = exists ? load(args.saved_mean + cell) : 0;
            const double variance = exists ? load(args.saved_variance + cell) : 0;
            const LoneStatistic alone = shrink_alone(args.rules, elements, mean, variance);
            const double rstd = reciprocal_deviation(alone.variance, args.rules.epsilon);
            const Forward<Acc> forward = {split_mean<Acc>(alone.mean), narrow_rstd<Acc>(rstd)};
            const MeanPair<Acc> centre = split_mean<Acc>(mean);
            GradientTile<T> values;
            load_gradient_tile<true, T, kLanes>(values, rows, args.in, span, forward, staging);
            const GradientSums sums =
                tile_gradient_sums<T, kLanes>(values, args.in, span, centre, scratch);
            if (by_element) {
                add_parameter_sums<T, kLanes>(parameter_sums, args.parts.vectors, values, span,
                                              forward);
            }
            if (args.sums != nullptr && exists && thread.lane == 0) {
                store(args.sums + cell, sums.g);
                store(args.sums + (rows.cell_count + cell), sums.g_centred);
                store(args.shrunk_mean + cell, alone.mean);
                store(args.shrunk_variance + cell, alone.variance);
            }
            const double gamma = args.in.index.per_element != 0
                                     ? 1.0
                                     : static_cast<double>(cell_parameter(args.in.parameters.gamma,
                                                                          args.in.index, span));
            const double g1 = gamma * sums.g;
            const double h = rstd * (gamma * sums.g_centred + (mean - alone.mean) * g1);
            const double u = -rstd * g1;
            const double w = -0.5 * rstd * rstd * h;
            const GradientTerms terms = gradient_terms(
                alone.of_mean, alone.of_variance, {u, u * (mean * alone.of_mean.scale)},
                {w, w * (variance * alone.of_variance.scale)}, mean, variance, rstd, g1, h,
                elements);
            const Backward<Acc> of = {centre, forward.rstd, static_cast<Acc>(terms.b),
                                      static_cast<Acc>(terms.t)};
            store_gradients<T, kLanes>(values, rows, args.in, args.out, span, of, staging);
        }
        if (by_element) {
            store_parameter_sums<T, kLanes>(parameter_sums, args.parts, part, args.parameters,
                                            row_span<T, kLanes>(rows, 0, 0));
        }
    }
}

}  // namespace jsnorm::gpu
