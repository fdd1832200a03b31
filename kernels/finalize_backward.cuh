// SPDX-License-Identifier: Apache-2.0
// From sums of gradients to the terms b and t of dx, and to dgamma and dbeta of channels.
// Everything in double (docs/math.md, section 3).
#pragma once

#include "kernels/finalize_forward.cuh"
#include "kernels/merge.cuh"

namespace jsnorm::gpu {

// The sums of cells: g[cell], and g_centred `stride` entries behind.
struct CellSums {
    global<const double> g = nullptr;
    int64_t stride = 0;
};

template <class T>
struct FinalizeBackward {
    Groups groups;
    NormRules rules;
    StatisticVectors vectors;
    global<const VectorSums> slices = nullptr;
    global<double> gradient_slices = nullptr;  // [group][slice][4]
    Elements elements;
    int64_t cells_per_statistic = 1;
    CellSums sums;
    global<const Compute<T>> gamma = nullptr;
    int32_t parameter_per_element = 0;  // the sums have gamma in them
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
        g += gamma * load(args.sums.g + cell);
        g_centred += gamma * load(args.sums.g + (args.sums.stride + cell));
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

// One block a slice; groups.threads is the whole block.
template <class T>
JSNORM_KERNEL(kFinalizeThreads, 1)
slice_gradients(FinalizeBackward<T> args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const double elements = elements_of(args.elements);
    const int64_t units = args.groups.groups * args.groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        const int64_t group = unit / args.groups.slices;
        const int64_t first = (unit - group * args.groups.slices) * kSliceStatistics;
        const int64_t rest = args.groups.statistics - first;
        const GroupShrinkage shrinkage = shrinkage_of(
            args.groups, args.rules, elements,
            group_sums(args.groups, args.rules, args.vectors, args.slices, group, true, scratch));
        const GradientVectorSums sums =
            gradient_vector_sums(args, shrinkage, group, first,
                                 rest < kSliceStatistics ? rest : kSliceStatistics, scratch);
        if (threadIdx.x == 0) {
            const global<double> target = args.gradient_slices + 4 * unit;
            store(target, sums.mean.sum);
            store(target + 1, sums.mean.sum_products);
            store(target + 2, sums.variance.sum);
            store(target + 3, sums.variance.sum_products);
        }
    }
}

template <class T>
JSNORM_DEVICE GradientVectorSums group_gradient_sums(const FinalizeBackward<T> &args,
                                                     const GroupShrinkage &shrinkage, int64_t group,
                                                     bool exists, shared<double> scratch) {
    if (args.groups.mean_couples == 0 && args.groups.variance_couples == 0) return {};
    if (args.gradient_slices == nullptr) {
        return gradient_vector_sums(args, shrinkage, group, 0, exists ? args.groups.statistics : 0,
                                    scratch);
    }
    GradientVectorSums total;
    for (int64_t slice = 0; slice < args.groups.slices; ++slice) {
        const global<const double> source =
            args.gradient_slices + 4 * (group * args.groups.slices + slice);
        total.mean.sum += load(source);
        total.mean.sum_products += load(source + 1);
        total.variance.sum += load(source + 2);
        total.variance.sum_products += load(source + 3);
    }
    return total;
}

template <class T>
JSNORM_KERNEL(kFinalizeThreads, 1)
finalize_backward(FinalizeBackward<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const double elements = elements_of(args.elements);
    const int64_t blocks = finalize_blocks(args.groups);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const FinalizeUnit unit = finalize_unit(args.groups, block);
        const GroupShrinkage shrinkage =
            shrinkage_of(args.groups, args.rules, elements,
                         group_sums(args.groups, args.rules, args.vectors, args.slices, unit.group,
                                    unit.group_exists, scratch));
        const GradientVectorSums sums =
            group_gradient_sums(args, shrinkage, unit.group, unit.group_exists, scratch);
        if (!unit.exists) continue;
        GradientTerms terms = {0, 0};
        if (elements > 0) {
            terms = terms_of(shrinkage, sums, gradient_of(args, shrinkage, unit.group, unit.k),
                             elements);
        }
        const int64_t statistic = unit.group * args.groups.statistics + unit.k;
        for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
            store_terms(args.backward, statistic * args.cells_per_statistic + i,
                        static_cast<Acc>(terms.b), static_cast<Acc>(terms.t));
        }
    }
}

template <class T>
struct ParameterGradients {
    int64_t cells = 0;
    int64_t cells_per_statistic = 1;
    int64_t parameters = 1;
    int32_t threads = 1;  // that share the cells of a parameter: a power of two up to 32
    CellSums sums;
    global<const double> mean = nullptr;  // NULL: the sums are about the mean that was used
    global<const double> shrunk_mean = nullptr;
    global<const double> shrunk_variance = nullptr;
    double epsilon = 0;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

// dgamma and dbeta of channels or activations: cell c has parameter c modulo P.
template <class T>
JSNORM_KERNEL(kMergeThreads, 4)
parameter_gradients(ParameterGradients<T> args) {
    JSNORM_SHARED(double, scratch, kMergeThreads);
    const MergeThread thread(args.threads);
    const int64_t blocks = divide_up(args.parameters, thread.statistics);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t p = block * thread.statistics + thread.statistic;
        const bool exists = p < args.parameters;
        double dgamma = 0;
        double dbeta = 0;
        if (exists) {
            const int64_t step = args.threads * args.parameters;
            for (int64_t cell = p + thread.row * args.parameters; cell < args.cells; cell += step) {
                const int64_t statistic = cell / args.cells_per_statistic;
                const double g = load(args.sums.g + cell);
                const double g_centred = load(args.sums.g + (args.sums.stride + cell));
                const double shift = args.mean == nullptr ? 0
                                                          : load(args.mean + statistic) -
                                                                load(args.shrunk_mean + statistic);
                const double rstd =
                    reciprocal_deviation(load(args.shrunk_variance + statistic), args.epsilon);
                dgamma += rstd * (g_centred + shift * g);
                dbeta += g;
            }
        }
        dgamma = sum_of_rows(dgamma, thread, args.threads, scratch);
        dbeta = sum_of_rows(dbeta, thread, args.threads, scratch);
        if (exists && thread.row == 0) {
            store_gradient(args.dgamma, p, dgamma);
            store_gradient(args.dbeta, p, dbeta);
        }
    }
}

template <class T>
struct ZeroGradients {
    int64_t parameters = 0;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

// Of a tensor without elements.
template <class T>
JSNORM_KERNEL(kMergeThreads, 4)
zero_gradients(ZeroGradients<T> args) {
    const int64_t step = int64_t{gridDim.x} * kMergeThreads;
    for (int64_t p = int64_t{blockIdx.x} * kMergeThreads + threadIdx.x; p < args.parameters;
         p += step) {
        store_gradient(args.dgamma, p, 0);
        store_gradient(args.dbeta, p, 0);
    }
}

}  // namespace jsnorm::gpu
