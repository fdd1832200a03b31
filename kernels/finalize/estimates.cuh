// SPDX-License-Identifier: Apache-2.0
// Statistics -> coefficients: shrinkage, running statistics, and the copies that the caller asked
// for. Everything in double (docs/math.md, section 2).
#pragma once

#include "kernels/finalize/running.cuh"
#include "kernels/finalize/sums.cuh"

namespace jsnorm::gpu {

template <class Acc>
struct Estimates {
    int32_t wanted = 0;
    Groups groups;
    NormRules rules;
    StatisticVectors vectors;             // NULL: no elements, all statistics are 0
    global<VectorSums> slices = nullptr;  // NULL: vectors are short
    Elements elements;
    int64_t cells_per_statistic = 1;
    ForwardArrays<Acc> forward;            // base may be NULL
    BackwardArrays<Acc> backward;          // rstd; base may be NULL
    StatisticArrays statistics;            // the caller's
    global<double> shrunk_mean = nullptr;  // for later kernels, or NULL
    global<double> shrunk_variance = nullptr;
    RunningAverage running;
};

// A thread takes one statistic at a time; the threads of a group sum together. Takes part: every
// thread of the block. scratch: a double for each warp.
template <class Acc>
JSNORM_DEVICE void estimate(const Estimates<Acc> &args, shared<double> scratch) {
    if (args.wanted == 0) return;
    const Groups &groups = args.groups;
    const double elements = elements_of(args.elements);
    const bool empty = args.vectors.mean == nullptr;
    const int64_t blocks = finalize_blocks(groups);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const FinalizeUnit unit = finalize_unit(groups, block);

        // Sums over the group.
        VectorSums sums;
        if (!empty) {
            sums = group_sums(groups, args.rules, args.vectors, args.slices, unit.group,
                              unit.group_exists, scratch);
        }
        if (!unit.exists) continue;

        // The statistic, shrunk.
        const int64_t statistic = unit.group * groups.statistics + unit.k;
        const double mean = empty ? 0 : load(args.vectors.mean + statistic);
        const double variance = empty ? 0 : load(args.vectors.variance + statistic);
        const Estimate estimate =
            estimate_of(shrinkage_of(groups, args.rules, elements, sums), mean, variance);

        // Coefficients for all its cells.
        const Forward<Acc> forward = forward_of<Acc>(estimate, args.rules.epsilon);
        for (int64_t i = 0; i < args.cells_per_statistic; ++i) {
            const int64_t cell = statistic * args.cells_per_statistic + i;
            if (args.forward.base != nullptr) store_forward(args.forward, cell, forward);
            if (args.backward.base != nullptr) store_rstd(args.backward, cell, forward.rstd);
        }

        // Copies for later kernels and for the caller, and the running statistics.
        store_if(args.shrunk_mean, statistic, estimate.shrunk_mean);
        store_if(args.shrunk_variance, statistic, estimate.shrunk_variance);
        store_estimate(args.statistics, statistic, estimate);
        update_running(args.running, elements, statistic, estimate);
    }
}

}  // namespace jsnorm::gpu
