// SPDX-License-Identifier: Apache-2.0
// From statistics to coefficients: shrinkage, running statistics, and whatever copies the caller
// asked for. Everything in double.
#pragma once

#include "kernels/finalize_sums.cuh"

namespace jsnorm::gpu {

// Running statistics are float or double; one of the pointers, or neither.
struct RunningArray {
    global<float> as_float = nullptr;
    global<double> as_double = nullptr;
};

JSNORM_DEVICE bool is_given(const RunningArray &array) {
    return array.as_float != nullptr || array.as_double != nullptr;
}

JSNORM_DEVICE double load_running(const RunningArray &array, int64_t index) {
    if (array.as_double != nullptr) return load(global<const double>(array.as_double) + index);
    return static_cast<double>(load(global<const float>(array.as_float) + index));
}

JSNORM_DEVICE void store_running(const RunningArray &array, int64_t index, double value) {
    if (array.as_double != nullptr) store(array.as_double + index, value);
    if (array.as_float != nullptr) store(array.as_float + index, narrow<float>(value));
}

struct RunningAverage {
    RunningArray mean;
    RunningArray variance;
    RunningArray next_mean;
    RunningArray next_variance;
    double factor = 0;
    global<const int64_t> step = nullptr;
    int32_t raw = 0;
    int32_t corrected = 0;
};

// next = (1-factor)*previous + factor*current; without elements only carries the previous value
// over.
JSNORM_DEVICE void average_running(const RunningArray &previous, const RunningArray &next,
                                   int64_t index, double factor, double current, bool keep) {
    if (!is_given(next)) return;
    if (keep) {
        if (is_given(previous)) store_running(next, index, load_running(previous, index));
        return;
    }
    double value = factor * current;
    if (factor != 1) value += (1 - factor) * load_running(previous, index);
    store_running(next, index, value);
}

JSNORM_DEVICE void update_running(const RunningAverage &running, double elements, int64_t k,
                                  double mean, double variance, double shrunk_mean,
                                  double shrunk_variance) {
    double factor = running.factor;
    if (running.step != nullptr) {
        const int64_t step = load(running.step);
        factor = 1 / (1 + static_cast<double>(step > 0 ? step : 0));
    }
    const double correction =
        running.corrected != 0 ? elements / (elements > 2 ? elements - 1 : 1) : 1;
    const bool keep = elements == 0;
    average_running(running.mean, running.next_mean, k, factor,
                    running.raw != 0 ? mean : shrunk_mean, keep);
    average_running(running.variance, running.next_variance, k, factor,
                    correction * (running.raw != 0 ? variance : shrunk_variance), keep);
}

template <class Acc>
struct FinalizeForward {
    Groups groups;
    NormRules rules;
    StatisticVectors vectors;  // NULL: of no elements, all 0
    global<const VectorSums> slices = nullptr;
    Elements elements;
    int64_t cells_per_statistic = 1;
    ForwardArrays<Acc> forward;    // P, E, rstd, or NULL
    BackwardArrays<Acc> backward;  // p, e, rstd, or NULL
    int32_t centre_is_shrunk = 0;  // fixed statistics: the mean that was used
    StatisticArrays statistics;
    global<double> shrunk_mean = nullptr;  // for later kernels
    global<double> shrunk_variance = nullptr;
    RunningAverage running;
};

// Pieces of a group: as many statistics as it has threads.
JSNORM_HD inline int64_t pieces_of(const Groups &groups) {
    return divide_up(groups.statistics, groups.threads);
}

// What a thread of a finalize kernel works on: one statistic of a group.
struct FinalizeUnit {
    int64_t group;
    int64_t k;
    bool group_exists;
    bool exists;
};

JSNORM_DEVICE FinalizeUnit finalize_unit(const Groups &groups, int64_t block) {
    const int64_t per_block = kFinalizeThreads / groups.threads;
    const int64_t pieces = pieces_of(groups);
    const int64_t slab = block / pieces;
    const int64_t piece = block - slab * pieces;
    FinalizeUnit unit;
    unit.group = slab * per_block + static_cast<int>(threadIdx.x) / groups.threads;
    unit.k = piece * groups.threads + static_cast<int>(threadIdx.x) % groups.threads;
    unit.group_exists = unit.group < groups.groups;
    unit.exists = unit.group_exists && unit.k < groups.statistics;
    return unit;
}

JSNORM_HD inline int64_t finalize_blocks(const Groups &groups) {
    return divide_up(groups.groups, kFinalizeThreads / groups.threads) * pieces_of(groups);
}

template <class Acc>
JSNORM_KERNEL(kFinalizeThreads, 1)
finalize_forward(FinalizeForward<Acc> args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    const Groups &groups = args.groups;
    wait_for_previous_kernel();
    let_next_kernel_start();
    const double elements = elements_of(args.elements);
    const int64_t blocks = finalize_blocks(groups);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const FinalizeUnit unit = finalize_unit(groups, block);
        const bool empty = args.vectors.mean == nullptr;
        VectorSums sums;
        if (!empty) {
            sums = group_sums(groups, args.rules, args.vectors, args.slices, unit.group,
                              unit.group_exists, scratch);
        }
        if (!unit.exists) continue;
        const int64_t statistic = unit.group * groups.statistics + unit.k;
        const double mean = empty ? 0 : load(args.vectors.mean + statistic);
        const double variance = empty ? 0 : load(args.vectors.variance + statistic);
        const double shrunk_mean = shrink(
            make_shrinkage(rule_of(args.rules, StatisticKind::kMean, groups.statistics, elements),
                           sums.mean),
            mean);
        const double shrunk_variance =
            shrink(make_shrinkage(
                       rule_of(args.rules, StatisticKind::kVariance, groups.statistics, elements),
                       sums.variance),
                   variance);
        const Acc rstd =
            narrow_rstd<Acc>(reciprocal_deviation(shrunk_variance, args.rules.epsilon));
        const MeanPair<Acc> shrunk_pair = split_mean<Acc>(shrunk_mean);
        const MeanPair<Acc> centre =
            args.centre_is_shrunk != 0 ? shrunk_pair : split_mean<Acc>(mean);
        for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
            const int64_t cell = statistic * args.cells_per_statistic + i;
            if (args.forward.base != nullptr) {
                store_forward(args.forward, cell, Forward<Acc>{shrunk_pair, rstd});
            }
            if (args.backward.base != nullptr) store_centre(args.backward, cell, centre, rstd);
        }
        store_if(args.shrunk_mean, statistic, shrunk_mean);
        store_if(args.shrunk_variance, statistic, shrunk_variance);
        store_if(args.statistics.saved_mean, statistic, mean);
        store_if(args.statistics.saved_variance, statistic, variance);
        store_if(args.statistics.shrunk_mean, statistic, shrunk_mean);
        store_if(args.statistics.shrunk_variance, statistic, shrunk_variance);
        update_running(args.running, elements, statistic, mean, variance, shrunk_mean,
                       shrunk_variance);
    }
}

struct WidenRunning {
    RunningArray mean;
    RunningArray variance;
    int64_t statistics;
    global<double> wide_mean;
    global<double> wide_variance;
};

// Running statistics as doubles.
template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
widen_running(WidenRunning args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    const int64_t step = int64_t{gridDim.x} * kFinalizeThreads;
    for (int64_t k = int64_t{blockIdx.x} * kFinalizeThreads + threadIdx.x; k < args.statistics;
         k += step) {
        store(args.wide_mean + k, load_running(args.mean, k));
        store(args.wide_variance + k, load_running(args.variance, k));
    }
}

}  // namespace jsnorm::gpu
