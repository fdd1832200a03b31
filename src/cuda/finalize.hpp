// SPDX-License-Identifier: Apache-2.0
// Finalize kernels as operations use them: what their steps take as arguments, and their launches.
#pragma once

#include "src/cuda/context.hpp"

namespace jsnorm::cuda {

// ---- Arguments ----------------------------------------------------------------------------------

// x -> partial moments, and from there to mean and M2/divisor of every statistic: returns the step
// that merges them.
template <class T>
gpu::MergeMoments compute_moments(Context<T> &context, const ConstTensor &x, double divisor) {
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
    gpu::MergeMoments merge;
    merge.parts = parts_of(problem, pass.tree, problem.cells_per_statistic);
    merge.statistics = problem.statistics_total();
    merge.cells_per_statistic = problem.cells_per_statistic;
    merge.divisor = divisor;
    merge.partials = partials;
    merge.mean = context.arrays.mean();
    merge.m2 = context.arrays.variance();
    return merge;
}

template <class T>
gpu::Groups finalize_groups(const Context<T> &context) {
    const Problem &problem = context.problem;
    return groups_of(problem, power_of_two(problem.statistics, gpu::kFinalizeThreads));
}

inline bool couples(const gpu::Groups &groups) {
    return groups.mean_couples != 0 || groups.variance_couples != 0;
}

// Running statistics as doubles into mean() and variance() of the workspace.
template <class T>
gpu::WidenRunning widen_running(const Context<T> &context, const RunningStatistics &running) {
    gpu::WidenRunning widen;
    widen.mean = context.running_array(running.mean, running.type);
    widen.variance = context.running_array(running.variance, running.type);
    widen.statistics = context.problem.statistics;
    widen.wide_mean = context.arrays.mean();
    widen.wide_variance = context.arrays.variance();
    return widen;
}

// The rules that shrink running statistics.
template <class T>
gpu::NormRules running_rules(const Context<T> &context) {
    const NormConfig &norm = context.problem.norm;
    gpu::NormRules rules = context.rules();
    rules.unbiased = corrects_running_variance(norm) ? 1 : 0;
    if (norm.running_mode != JSNORM_RUNNING_RAW) {
        rules.mean_estimator = JSNORM_ESTIMATOR_NONE;
        rules.variance_estimator = JSNORM_ESTIMATOR_NONE;
    }
    return rules;
}

// Estimates of the vectors under these rules. Where vectors are long and something couples them,
// the slices of `args` are to be summed before.
template <class T>
void want_estimates(const Context<T> &context, const gpu::NormRules &rules,
                    const gpu::StatisticVectors &vectors, const gpu::Elements &elements,
                    gpu::FinalizeForward<T> &args) {
    gpu::Estimates<Compute<T>> &estimates = args.estimates;
    estimates.wanted = 1;
    estimates.groups = finalize_groups(context);
    estimates.rules = rules;
    estimates.vectors = vectors;
    estimates.elements = elements;
    estimates.cells_per_statistic = context.problem.cells_per_statistic;
    if (rules.mean_estimator == JSNORM_ESTIMATOR_NONE &&
        rules.variance_estimator == JSNORM_ESTIMATOR_NONE) {
        estimates.groups.mean_couples = 0;
        estimates.groups.variance_couples = 0;
    }
    if (vectors.mean != nullptr && couples(estimates.groups)) {
        estimates.slices = context.arrays.slices();
        args.slices_summed = estimates.slices != nullptr ? 1 : 0;
    }
}

// ---- Launches -----------------------------------------------------------------------------------

// Blocks for a step that makes each entry by itself.
inline int64_t blocks_of_entries(int64_t count) {
    return gpu::divide_up(count, gpu::kFinalizeThreads);
}

// Blocks for a step where `threads` threads share a statistic.
inline int64_t blocks_of_shares(int64_t statistics, int32_t threads) {
    return gpu::divide_up(statistics, gpu::kFinalizeThreads / threads);
}

// Blocks for each step of a kernel; 0 where it has no work.
template <class T>
struct ForwardSteps {
    explicit ForwardSteps(const gpu::FinalizeForward<T> &args) {
        const gpu::Groups &groups = args.estimates.groups;
        const bool merges_records = args.records.records != nullptr;
        first = std::max({blocks_of_shares(args.moments.statistics, args.moments.parts.threads),
                          // one block at least writes the count
                          merges_records ? blocks_of_entries(args.records.statistics + 1) : 0,
                          blocks_of_entries(args.running.statistics)});
        slices = args.slices_summed != 0 ? groups.groups * groups.slices : 0;
        const bool writes_record = args.record.record != nullptr;
        last = std::max({args.estimates.wanted != 0 ? gpu::finalize_blocks(groups) : 0,
                         // one block at least writes the header
                         writes_record ? blocks_of_entries(args.record.statistics + 1) : 0,
                         blocks_of_entries(args.parameters.padded),
                         blocks_of_entries(args.mask.words)});
    }
    int count() const { return (first != 0) + (slices != 0) + (last != 0); }

    int64_t first;
    int64_t slices;
    int64_t last;
};

template <class T>
struct BackwardSteps {
    explicit BackwardSteps(const gpu::FinalizeBackward<T> &args) {
        const gpu::Groups &groups = args.terms.groups;
        const int64_t all_slices = groups.groups * groups.slices;
        first = std::max({blocks_of_shares(args.sums.cells, args.sums.parts.threads),
                          gpu::divide_up(args.partials.parameters, gpu::kParametersPerBlock),
                          args.slices_summed != 0 ? all_slices : 0});
        slices = args.gradient_slices_summed != 0 ? all_slices : 0;
        terms = args.terms.wanted != 0 ? gpu::finalize_blocks(groups) : 0;
        parameters = blocks_of_shares(args.parameters.parameters, args.parameters.threads);
    }
    int count() const { return (first != 0) + (slices != 0) + (terms != 0) + (parameters != 0); }

    int64_t first;
    int64_t slices;
    int64_t terms;
    int64_t parameters;
};

// Whether several steps go into one launch; then `meeting` says how its blocks meet.
inline bool at_once(const Plan &plan, int steps, gpu::Meeting &meeting) {
    if (steps < 2 || plan.finalize_blocks == 0) return false;
    meeting = plan.finalize_blocks > 1 ? gpu::Meeting::kCluster : gpu::Meeting::kBlock;
    return true;
}

template <class T>
void finalize(Context<T> &context, gpu::FinalizeForward<T> args) {
    const ForwardSteps<T> steps(args);
    if (at_once(context.plan, steps.count(), args.meeting)) {
        launch_finalize_forward<T>(context.queue, context.plan.finalize_blocks, args);
        return;
    }
    gpu::FinalizeForward<T> first;
    first.moments = args.moments;
    first.records = args.records;
    first.running = args.running;
    launch_finalize_forward<T>(context.queue, steps.first, first);
    gpu::FinalizeForward<T> slices;
    slices.slices_summed = args.slices_summed;
    slices.estimates = args.estimates;
    slices.estimates.wanted = 0;
    launch_finalize_forward<T>(context.queue, steps.slices, slices);
    gpu::FinalizeForward<T> last = args;
    last.moments = {};
    last.records = {};
    last.running = {};
    last.slices_summed = 0;
    launch_finalize_forward<T>(context.queue, steps.last, last);
}

template <class T>
void finalize(Context<T> &context, gpu::FinalizeBackward<T> args) {
    const BackwardSteps<T> steps(args);
    if (at_once(context.plan, steps.count(), args.meeting)) {
        launch_finalize_backward<T>(context.queue, context.plan.finalize_blocks, args);
        return;
    }
    gpu::FinalizeBackward<T> first = args;
    first.terms.wanted = 0;
    first.gradient_slices_summed = 0;
    first.parameters = {};
    launch_finalize_backward<T>(context.queue, steps.first, first);
    gpu::FinalizeBackward<T> slices;
    slices.gradient_slices_summed = args.gradient_slices_summed;
    slices.terms = args.terms;
    slices.terms.wanted = 0;
    launch_finalize_backward<T>(context.queue, steps.slices, slices);
    gpu::FinalizeBackward<T> terms;
    terms.terms = args.terms;
    launch_finalize_backward<T>(context.queue, steps.terms, terms);
    gpu::FinalizeBackward<T> parameters;
    parameters.parameters = args.parameters;
    launch_finalize_backward<T>(context.queue, steps.parameters, parameters);
}

}  // namespace jsnorm::cuda
