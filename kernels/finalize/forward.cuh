// SPDX-License-Identifier: Apache-2.0
// From statistics to coefficients: shrinkage, running statistics, and whatever copies the caller
// asked for. Everything in double.
#pragma once

#include "kernels/finalize/running.cuh"
#include "kernels/finalize/sums.cuh"

namespace jsnorm::gpu {

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

}  // namespace jsnorm::gpu
