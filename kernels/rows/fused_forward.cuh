// SPDX-License-Identifier: Apache-2.0
// Groups of rows that a block keeps on chip, forward: x -> y, with statistics and shrinkage on the
// way. x is read once and y written once.
#pragma once

#include "kernels/rows/forward_tile.cuh"
#include "kernels/rows/fused_block.cuh"
#include "kernels/tensor/tile_moments.cuh"

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

// The moments of a group's rows -> its coefficients. thread: of the group. Takes part: every thread
// of the block.
template <class T>
JSNORM_DEVICE void estimate_group(const RowsFusedForward<T> &args,
                                  const GroupMemory<Compute<T>> &memory, int64_t group, int thread,
                                  shared<double> scratch) {
    using Acc = Compute<T>;
    constexpr int64_t kFirst = 0;
    const Groups &groups = args.groups.shape;
    const auto cell_elements = static_cast<double>(args.rows.cell_elements);
    const double elements = cell_elements * args.groups.cells_per_statistic;
    const int count = group < groups.groups ? static_cast<int>(groups.statistics) : 0;

    // Rows -> statistics.
    for (int k = thread; k < count; k += groups.threads) {
        Moments total;
        for (int i = 0; i < args.groups.cells_per_statistic; ++i) {
            const int cell = k * args.groups.cells_per_statistic + i;
            total = merge(total, memory.moments(cell, cell_elements));
        }
        memory.mean[k] = total.mean;
        memory.variance[k] = total.m2 / elements;
    }

    // Statistics -> estimators. Each thread sums the statistics that it has written itself.
    const VectorSums sums = vector_sums(
        groups, args.rules, kFirst, count, scratch,
        [&](int64_t k) { return double(memory.mean[k]); },
        [&](int64_t k) { return double(memory.variance[k]); });
    const GroupShrinkage shrinkage = shrinkage_of(groups, args.rules, elements, sums);

    // Estimators -> coefficients, and the statistics that the caller asked for.
    for (int k = thread; k < count; k += groups.threads) {
        const Estimate estimate = estimate_of(shrinkage, memory.mean[k], memory.variance[k]);
        memory.put_forward(k, forward_of<Acc>(estimate, args.rules.epsilon));
        store_estimate(args.statistics, group * groups.statistics + k, estimate);
    }
}

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_fused_forward(RowsFusedForward<T> args) {
    using Acc = Compute<T>;
    constexpr int64_t kFirst = 0;
    JSNORM_SHARED(double, scratch, kMomentScratch<kLanes>);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const Rows &rows = args.rows;
    const RowGroups &groups = args.groups;
    FusedBlock<T, kLanes> block(memory, args.memory, groups);
    const GroupThread<T, kLanes> &thread = block.thread;
    wait_for_previous_kernel();
    let_next_kernel_start();
    block.smem_parameters.stage(args.out.parameters, kRowParameterCount, kFirst);
    for (int64_t step = blockIdx.x; step < groups.steps(); step += gridDim.x) {
        const int64_t group = step * groups.in_block() + thread.slot;

        // x is read; the moments of each row go to the group.
        Tile<T> x;
        Moments moments;
        JSNORM_ROLLED
        for (int round = 0; round < groups.rounds; ++round) {
            const RowSpan span = thread.span(rows, groups, group, round);
            load_tile<Reuse::kNever, T, kLanes>(x, args.x, rows, span, kRowX, block.staging);
            const Moments tile = tile_moments<T, kLanes>(x, span.count, scratch);
            moments = groups.begins_row(round) ? tile : merge(moments, tile);
            if (groups.ends_row(round) && span.count > 0 && thread.lane == 0) {
                block.statistics.put_moments(thread.cell(groups, round), moments);
            }
            if (!groups.is_last(round)) block.stash.put(round, x);
        }

        // Moments -> coefficients.
        group_barrier(groups);
        estimate_group(args, block.statistics, group, thread.thread, scratch);
        group_barrier(groups);

        // x -> y, the last round first: its x is still in registers.
        JSNORM_ROLLED
        for (int round = groups.rounds - 1; round >= 0; --round) {
            const RowSpan span = thread.span(rows, groups, group, round);
            if (!groups.is_last(round)) block.stash.take(round, x);
            Forward<Acc> coefficients = {};
            if (span.count > 0) {
                const int statistic = thread.cell(groups, round) / groups.cells_per_statistic;
                coefficients = block.statistics.forward(statistic);
            }
            forward_tile<T, kLanes>(x, rows, args.out, span, coefficients,
                                    block.smem_parameters.values, block.staging);
        }
    }
}

}  // namespace jsnorm::gpu
