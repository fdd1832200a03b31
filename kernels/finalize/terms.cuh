// SPDX-License-Identifier: Apache-2.0
// Sums of gradients -> the coefficients of dx: centre, rstd, and the terms b and t. Everything in
// double (docs/math.md, section 3).
#pragma once

#include "kernels/finalize/gradients.cuh"

namespace jsnorm::gpu {

template <class T>
struct Terms {
    int32_t wanted = 0;
    Groups groups;
    NormRules rules;
    StatisticVectors vectors;
    global<VectorSums> slices = nullptr;       // NULL: vectors are short
    global<double> gradient_slices = nullptr;  // [group][slice][GradientSumsEntry], or NULL
    Elements elements;
    int64_t cells_per_statistic = 1;
    CellSums sums;
    GivenArray<T> gamma;
    int32_t parameter_per_element = 0;  // 1: the sums have gamma in them
    Divisor parameters;                 // P
    BackwardArrays<Compute<T>> backward;
    global<double> shrunk_mean = nullptr;  // for later steps, or NULL
    global<double> shrunk_variance = nullptr;

    // Where every cell has a parameter of its own: its gradients, from these sums.
    CellSums own_sums;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

template <class T>
JSNORM_DEVICE StatisticGradient gradient_of(const Terms<T> &args, const GroupShrinkage &shrinkage,
                                            int64_t group, int64_t k) {
    const int64_t statistic = group * args.groups.statistics + k;
    double g = 0;
    double g_centred = 0;
    for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
        const int64_t cell = statistic * args.cells_per_statistic + i;
        double gamma = 1;
        if (args.parameter_per_element == 0) {
            gamma = static_cast<double>(gamma_at(args.gamma, parameter_of(args.parameters, cell)));
        }
        const GradientSums sums = sums_of(args.sums, cell);
        g += gamma * sums.g;
        g_centred += gamma * sums.g_centred;
    }
    return statistic_gradient(shrinkage, args.rules.epsilon, load(args.vectors.mean + statistic),
                              load(args.vectors.variance + statistic), g, g_centred);
}

// The gradient sums of statistics [first, first + count) of a group.
template <class T>
JSNORM_DEVICE GradientVectorSums gradient_vector_sums(const Terms<T> &args,
                                                      const GroupShrinkage &shrinkage,
                                                      int64_t group, int64_t first, int64_t count,
                                                      shared<double> scratch) {
    return gradient_vector_sums(args.groups.threads, shrinkage, first, count, scratch,
                                [&](int64_t k) { return gradient_of(args, shrinkage, group, k); });
}

// The estimators of a group, as forward used them. Takes part: every thread of the block.
template <class T>
JSNORM_DEVICE GroupShrinkage group_shrinkage(const Terms<T> &args, double elements, int64_t group,
                                             bool exists, shared<double> scratch) {
    return shrinkage_of(
        args.groups, args.rules, elements,
        group_sums(args.groups, args.rules, args.vectors, args.slices, group, exists, scratch));
}

// Of long vectors: the gradient sums of slices, which terms_of_cells() adds up. A block takes one
// slice at a time. groups.threads: the whole block.
template <class T>
JSNORM_DEVICE void sum_gradient_slices(const Terms<T> &args, shared<double> scratch) {
    using Entry = GradientSumsEntry;
    constexpr bool kExists = true;
    const double elements = elements_of(args.elements);
    const int64_t units = args.groups.groups * args.groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        const Slice slice = slice_of(args.groups, unit);
        const GroupShrinkage shrinkage =
            group_shrinkage(args, elements, slice.group, kExists, scratch);
        const GradientVectorSums sums =
            gradient_vector_sums(args, shrinkage, slice.group, slice.first, slice.count, scratch);

        // One thread writes them.
        if (threadIdx.x == 0) {
            const global<double> target = args.gradient_slices + Entry::kCount * unit;
            store(target + Entry::kMean, sums.mean.sum);
            store(target + Entry::kMeanProducts, sums.mean.sum_products);
            store(target + Entry::kVariance, sums.variance.sum);
            store(target + Entry::kVarianceProducts, sums.variance.sum_products);
        }
    }
}

// The gradient sums over a whole group: made here, or added up from slices. Takes part: every
// thread of the block.
template <class T>
JSNORM_DEVICE GradientVectorSums group_gradient_sums(const Terms<T> &args,
                                                     const GroupShrinkage &shrinkage, int64_t group,
                                                     bool exists, shared<double> scratch) {
    using Entry = GradientSumsEntry;
    if (args.groups.mean_couples == 0 && args.groups.variance_couples == 0) return {};
    if (args.gradient_slices == nullptr) {
        constexpr int64_t kFirst = 0;
        const int64_t count = exists ? args.groups.statistics : 0;
        return gradient_vector_sums(args, shrinkage, group, kFirst, count, scratch);
    }
    GradientVectorSums total;
    for (int64_t slice = 0; slice < args.groups.slices; ++slice) {
        const global<const double> source =
            args.gradient_slices + Entry::kCount * (group * args.groups.slices + slice);
        total.mean.sum += load(source + Entry::kMean);
        total.mean.sum_products += load(source + Entry::kMeanProducts);
        total.variance.sum += load(source + Entry::kVariance);
        total.variance.sum_products += load(source + Entry::kVarianceProducts);
    }
    return total;
}

// A thread takes one statistic at a time; the threads of a group sum together. Takes part: every
// thread of the block. scratch: a double for each warp.
template <class T>
JSNORM_DEVICE void find_terms(const Terms<T> &args, shared<double> scratch) {
    using Acc = Compute<T>;
    if (args.wanted == 0) return;
    const double elements = elements_of(args.elements);
    const int64_t blocks = finalize_blocks(args.groups);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const FinalizeUnit unit = finalize_unit(args.groups, block);

        // The estimators and the gradient sums of the group.
        const GroupShrinkage shrinkage =
            group_shrinkage(args, elements, unit.group, unit.group_exists, scratch);
        const GradientVectorSums sums =
            group_gradient_sums(args, shrinkage, unit.group, unit.group_exists, scratch);
        if (!unit.exists) continue;

        // The statistic as forward used it, and its terms; 0 without elements.
        const int64_t statistic = unit.group * args.groups.statistics + unit.k;
        const Estimate estimate = estimate_of(shrinkage, load(args.vectors.mean + statistic),
                                              load(args.vectors.variance + statistic));
        GradientTerms terms = {0, 0};
        if (elements > 0) {
            terms = terms_of(shrinkage, sums, gradient_of(args, shrinkage, unit.group, unit.k),
                             elements);
        }

        // Coefficients for all its cells, and the gradients of parameters that they have alone.
        const MeanPair<Acc> centre = split_mean<Acc>(estimate.mean);
        const double rstd = reciprocal_deviation(estimate.shrunk_variance, args.rules.epsilon);
        for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
            const int64_t cell = statistic * args.cells_per_statistic + i;
            store_centre(args.backward, cell, centre);
            store_rstd(args.backward, cell, narrow_rstd<Acc>(rstd));
            store_terms(args.backward, cell, static_cast<Acc>(terms.b), narrow_slope<Acc>(terms.t));
            if (args.own_sums.g != nullptr) {
                const CellGradients own = cell_gradients(
                    sums_of(args.own_sums, cell), estimate.mean - estimate.shrunk_mean, rstd);
                store_gradient(args.dgamma, cell, own.dgamma);
                store_gradient(args.dbeta, cell, own.dbeta);
            }
        }
        store_if(args.shrunk_mean, statistic, estimate.shrunk_mean);
        store_if(args.shrunk_variance, statistic, estimate.shrunk_variance);
    }
}

}  // namespace jsnorm::gpu
