// SPDX-License-Identifier: Apache-2.0
// What finalize_backward and finalize_slice_gradients share: their arguments, and the gradient of a
// statistic from the sums of its cells.
#pragma once

#include "kernels/finalize/sums.cuh"
#include "kernels/tensor/parameters.cuh"
#include "kernels/tensor/statistic_gradients.cuh"

namespace jsnorm::gpu {

// The sums of cells: g[cell], and g_centred `stride` entries behind. Several records follow each
// other, 2*stride entries each.
struct CellSums {
    global<const double> g = nullptr;
    int64_t stride = 0;
    int64_t records = 1;
};

// The sums of one cell, added over the records in their order.
JSNORM_DEVICE GradientSums sums_of(const CellSums &sums, int64_t cell) {
    const double g = load(sums.g + cell);
    const double g_centred = load(sums.g + (sums.stride + cell));
    GradientSums total = {g, g_centred};
    JSNORM_ROLLED
    for (int64_t record = 1; record < sums.records; ++record) {
        const int64_t first = 2 * sums.stride * record + cell;
        total.g += load(sums.g + first);
        total.g_centred += load(sums.g + (sums.stride + first));
    }
    return total;
}

template <class T>
struct FinalizeBackward {
    Groups groups;
    NormRules rules;
    StatisticVectors vectors;
    global<const VectorSums> slices = nullptr;
    global<double> gradient_slices = nullptr;  // [group][slice][GradientSumsEntry]
    Elements elements;
    int64_t cells_per_statistic = 1;
    CellSums sums;
    global<const Compute<T>> gamma = nullptr;
    int32_t parameter_per_element = 0;  // 1: the sums have gamma in them
    Divisor parameters;                 // P
    BackwardArrays<Compute<T>> backward;
};

template <class T>
JSNORM_DEVICE StatisticGradient gradient_of(const FinalizeBackward<T> &args,
                                            const GroupShrinkage &shrinkage, int64_t group,
                                            int64_t k) {
    const int64_t statistic = group * args.groups.statistics + k;
    double g = 0;
    double g_centred = 0;
    for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
        const int64_t cell = statistic * args.cells_per_statistic + i;
        double gamma = 1;
        if (args.parameter_per_element == 0) {
            gamma = static_cast<double>(load(args.gamma + parameter_of(args.parameters, cell)));
        }
        const GradientSums sums = sums_of(args.sums, cell);
        g += gamma * sums.g;
        g_centred += gamma * sums.g_centred;
    }
    return statistic_gradient(shrinkage, args.rules.epsilon, load(args.vectors.mean + statistic),
                              load(args.vectors.variance + statistic), g, g_centred);
}

template <class T>
JSNORM_DEVICE GradientVectorSums gradient_vector_sums(const FinalizeBackward<T> &args,
                                                      const GroupShrinkage &shrinkage,
                                                      int64_t group, int64_t first, int64_t count,
                                                      shared<double> scratch) {
    return gradient_vector_sums(args.groups.threads, shrinkage, first, count, scratch,
                                [&](int64_t k) { return gradient_of(args, shrinkage, group, k); });
}

}  // namespace jsnorm::gpu
