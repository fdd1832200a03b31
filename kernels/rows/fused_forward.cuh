// SPDX-License-Identifier: Apache-2.0
// Groups of rows that a block keeps on chip, forward: each is read once and written once,
// statistics and shrinkage on the way.
#pragma once

#include "kernels/rows/forward_tile.cuh"
#include "kernels/rows/groups.cuh"
#include "kernels/rows/tile_moments.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsFusedForward {
    Rows rows;
    RowGroups groups;
    global<const T> x;
    RowsOutput<T> out;
    NormRules rules;
    StatisticArrays statistics;
    BlockMemory memory;
};

// From the moments of a group's rows to its coefficients. Every thread of the block takes part.
template <class T>
JSNORM_DEVICE void estimate_group(const RowsFusedForward<T> &args, const GroupMemory<Compute<T>> &memory,
                                  int64_t group, int thread, shared<double> scratch) {
    using Acc = Compute<T>;
    const Groups &groups = args.groups.of;
    const auto cell_elements = static_cast<double>(args.rows.cell_elements);
    const double elements = cell_elements * args.groups.cells_per_statistic;
    const int count = group < groups.groups ? static_cast<int>(groups.statistics) : 0;
    for (int k = thread; k < count; k += groups.threads) {
        Moments total;
        for (int i = 0; i < args.groups.cells_per_statistic; ++i) {
            const int cell = k * args.groups.cells_per_statistic + i;
            total = merge(total, {cell_elements, memory.first[cell], memory.second[cell]});
        }
        memory.mean[k] = total.mean;
        memory.variance[k] = total.m2 / elements;
    }
    const GroupShrinkage shrinkage =
        shrinkage_of(groups, args.rules, elements,
                     vector_sums(
                         groups, args.rules, 0, count, scratch,
                         [&](int64_t k) { return double(memory.mean[k]); },
                         [&](int64_t k) { return double(memory.variance[k]); }));
    for (int k = thread; k < count; k += groups.threads) {
        const double mean = memory.mean[k];
        const double variance = memory.variance[k];
        const double shrunk_mean = shrink(shrinkage.mean, mean);
        const double shrunk_variance = shrink(shrinkage.variance, variance);
        memory.put_forward(
            k, {split_mean<Acc>(shrunk_mean),
                narrow_rstd<Acc>(reciprocal_deviation(shrunk_variance, args.rules.epsilon))});
        const int64_t statistic = group * groups.statistics + k;
        store_if(args.statistics.saved_mean, statistic, mean);
        store_if(args.statistics.saved_variance, statistic, variance);
        store_if(args.statistics.shrunk_mean, statistic, shrunk_mean);
        store_if(args.statistics.shrunk_variance, statistic, shrunk_variance);
    }
}

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_fused_forward(RowsFusedForward<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const Rows &rows = args.rows;
    const RowGroups &groups = args.groups;
    const GroupThread<T, kLanes> thread(groups);
    const GroupMemory<Acc> statistics(memory, groups, thread.slot);
    const shared<Acc> held = shared_cast<Acc>(memory + args.memory.parameters);
    const Stash<T, kLanes> stash = {shared_cast<Pack<T>>(memory + args.memory.stash),
                                    groups.vectors};
    const RowStaging<T> staging(memory, args.memory);
    wait_for_previous_kernel();
    let_next_kernel_start();
    hold_parameters<T, kLanes>(held, args.out.parameters, 2, 0);
    for (int64_t step = blockIdx.x; step < groups.steps(); step += gridDim.x) {
        const int64_t group = step * groups.in_block() + thread.slot;
        Tile<T> x;
        Moments moments;
        JSNORM_ROLLED
        for (int round = 0; round < groups.rounds; ++round) {
            const int tile = round % groups.tiles;
            const RowSpan span = thread.span(rows, groups, group, round);
            load_tile<Reuse::kNever, T, kLanes>(x, args.x, rows, span, 0, staging);
            const Moments of_tile = tile_moments<T, kLanes>(x, span, scratch);
            moments = tile == 0 ? of_tile : merge(moments, of_tile);
            if (tile == groups.tiles - 1 && span.count > 0 && thread.lane == 0) {
                statistics.first[thread.cell(groups, round)] = moments.mean;
                statistics.second[thread.cell(groups, round)] = moments.m2;
            }
            if (round + 1 < groups.rounds) stash.put(round, x);
        }
        group_barrier(groups);
        estimate_group(args, statistics, group, thread.thread, scratch);
        group_barrier(groups);
        JSNORM_ROLLED
        for (int round = groups.rounds - 1; round >= 0; --round) {
            const RowSpan span = thread.span(rows, groups, group, round);
            if (round + 1 < groups.rounds) stash.take(round, x);
            Forward<Acc> of = {};
            if (span.count > 0) {
                of = statistics.forward(thread.cell(groups, round) / groups.cells_per_statistic);
            }
            forward_tile<T, kLanes>(x, rows, args.out, span, of, held, staging);
        }
    }
}

}  // namespace jsnorm::gpu
