// SPDX-License-Identifier: Apache-2.0
// The steps over statistics that operations share: statistics of x, and from statistics to
// coefficients.
#pragma once

#include "src/cuda/context.hpp"

namespace jsnorm::cuda {

inline int64_t blocks_of_shares(int64_t statistics, int32_t threads) {
    return gpu::divide_up(statistics, gpu::kFinalizeThreads / threads);
}

// Blocks for a kernel that makes each entry by itself.
inline int64_t blocks_of_entries(int64_t count) {
    return gpu::divide_up(count, gpu::kFinalizeThreads);
}

// x -> mean and M2/divisor of every statistic.
template <class T>
void compute_statistics(Context<T> &context, const ConstTensor &x, double divisor, double *mean,
                        double *m2) {
    const Problem &problem = context.problem;
    const Pass &pass = *context.plan.sums;
    const auto *data = static_cast<const T *>(x.data);
    MeanM2 *const partials = context.arrays.moment_partials();
    if (pass.tree.columns) {
        launch_columns_statistics<T>(context.queue, pass.blocks,
                                     {columns_of(problem, pass), data, partials});
    } else if (pass.planes) {
        launch_planes_statistics<T>(context.queue, pass.blocks,
                                    {planes_of(problem, pass), data, partials});
    } else {
        launch_rows_statistics<T>(context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
                                  {rows_of(problem, pass), data, partials, pass.rows.memory});
    }
    gpu::FinalizeMergeMoments merge;
    merge.parts = parts_of(problem, pass.tree, problem.cells_per_statistic);
    merge.statistics = problem.statistics_total();
    merge.cells_per_statistic = problem.cells_per_statistic;
    merge.divisor = divisor;
    merge.partials = partials;
    merge.mean = mean;
    merge.m2 = m2;
    launch_finalize_merge_moments(context.queue,
                                  blocks_of_shares(merge.statistics, merge.parts.threads), merge);
}

inline bool couples(const gpu::Groups &groups) {
    return groups.mean_couples != 0 || groups.variance_couples != 0;
}

template <class T>
gpu::Groups finalize_groups(const Context<T> &context) {
    const Problem &problem = context.problem;
    return groups_of(problem, power_of_two(problem.statistics, gpu::kFinalizeThreads));
}

// Sums of slices of the vectors, where they are long and something couples them; else NULL.
template <class T>
const gpu::VectorSums *sum_slices(Context<T> &context, const gpu::Groups &groups,
                                  const gpu::NormRules &rules,
                                  const gpu::StatisticVectors &vectors) {
    gpu::VectorSums *const slices = context.arrays.slices();
    if (slices == nullptr || !couples(groups)) return nullptr;
    launch_finalize_slice_sums(context.queue, groups.groups * groups.slices,
                               {groups, rules, vectors, slices});
    return slices;
}

// Completes `args`, whose vectors, elements and outputs are set, and enqueues finalize_forward.
template <class T>
void finalize_forward(Context<T> &context, gpu::FinalizeForward<Compute<T>> args,
                      const gpu::NormRules &rules) {
    args.groups = finalize_groups(context);
    args.rules = rules;
    if (rules.mean_estimator == JSNORM_ESTIMATOR_NONE &&
        rules.variance_estimator == JSNORM_ESTIMATOR_NONE) {
        args.groups.mean_couples = 0;
        args.groups.variance_couples = 0;
    }
    if (args.vectors.mean != nullptr) {
        args.slices = sum_slices(context, args.groups, rules, args.vectors);
    }
    args.cells_per_statistic = context.problem.cells_per_statistic;
    launch_finalize_forward(context.queue, gpu::finalize_blocks(args.groups), args);
}

// Running statistics as doubles into mean() and variance() of the workspace; returns the rules that
// shrink them.
template <class T>
gpu::NormRules use_running(Context<T> &context, const RunningStatistics &running) {
    const Problem &problem = context.problem;
    gpu::FinalizeWidenRunning widen;
    widen.mean = context.running_array(running.mean, running.type);
    widen.variance = context.running_array(running.variance, running.type);
    widen.statistics = problem.statistics;
    widen.wide_mean = context.arrays.mean();
    widen.wide_variance = context.arrays.variance();
    launch_finalize_widen_running(context.queue, blocks_of_entries(problem.statistics), widen);
    gpu::NormRules rules = context.rules();
    rules.unbiased = corrects_running_variance(problem.norm) ? 1 : 0;
    if (problem.norm.running_mode != JSNORM_RUNNING_RAW) {
        rules.mean_estimator = JSNORM_ESTIMATOR_NONE;
        rules.variance_estimator = JSNORM_ESTIMATOR_NONE;
    }
    return rules;
}

}  // namespace jsnorm::cuda
