// SPDX-License-Identifier: Apache-2.0
// Groups of rows that a block keeps on chip, backward: x, dy -> dx and dz, with the gradients of
// the statistics on the way. x and dy are read once, dx and dz written once.
#pragma once

#include "kernels/rows/fused_block.cuh"
#include "kernels/rows/parameter_partials.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsFusedBackward : RowsReduction<T> {
    RowGroups groups = {};
    GradientOutputs<T> out = {};
    NormRules rules = {};
    StatisticVectors saved = {};
    // Where parameters belong to cells and their gradients are wanted: the sums of the cells,
    // g_centred cell_count entries behind g, and the shrunk statistics.
    global<double> sums = nullptr;
    global<double> shrunk_mean = nullptr;
    global<double> shrunk_variance = nullptr;
};

// What the threads of one group know about its statistics.
template <class T>
struct BackwardGroup {
    using Acc = Compute<T>;
    static constexpr int64_t kFirst = 0;
    const RowsFusedBackward<T> &args;
    const GroupMemory<Acc> &memory;
    int64_t group;
    int thread;  // of the group
    shared<double> scratch;

    JSNORM_DEVICE int count() const {
        return group < args.groups.shape.groups ? static_cast<int>(args.groups.shape.statistics)
                                                : 0;
    }
    JSNORM_DEVICE int64_t statistic(int64_t k) const {
        return group * args.groups.shape.statistics + k;
    }
    JSNORM_DEVICE double elements() const {
        return static_cast<double>(args.rows.cell_elements * args.groups.cells_per_statistic);
    }

    // The estimators, as forward used them. Takes part: every thread of the block.
    JSNORM_DEVICE GroupShrinkage estimators() const {
        const Groups &groups = args.groups.shape;
        return shrinkage_of(
            groups, args.rules, elements(),
            vector_sums(groups, args.rules, args.saved, group, kFirst, count(), scratch));
    }

    // The saved statistics -> forward's coefficients, and the centres. Takes part: every thread of
    // the block.
    JSNORM_DEVICE void prepare() const {
        const GroupShrinkage shrinkage = estimators();
        for (int k = thread; k < count(); k += args.groups.shape.threads) {
            const Estimate estimate = estimate_of(shrinkage, load(args.saved.mean + statistic(k)),
                                                  load(args.saved.variance + statistic(k)));
            memory.put_forward(k, forward_of<Acc>(estimate, args.rules.epsilon));
            memory.put_centre(k, split_mean<Acc>(estimate.mean));
            store_if(args.shrunk_mean, statistic(k), estimate.shrunk_mean);
            store_if(args.shrunk_variance, statistic(k), estimate.shrunk_variance);
        }
    }

    // The gradient of statistic k from the sums of its cells.
    JSNORM_DEVICE StatisticGradient gradient(const GroupShrinkage &shrinkage, int64_t k) const {
        double g = 0;
        double g_centred = 0;
        for (int i = 0; i < args.groups.cells_per_statistic; ++i) {
            const int cell = static_cast<int>(k) * args.groups.cells_per_statistic + i;
            RowSpan row;
            row.cell = group * args.groups.cells + cell;
            row.count = 1;     // it exists
            double gamma = 1;  // the sums have the gamma of elements in them
            if (args.in.parameters.per_element == 0) {
                gamma = static_cast<double>(cell_parameter(args.in.parameters, kGamma, row));
            }
            const GradientSums sums = memory.sums(cell);
            g += gamma * sums.g;
            g_centred += gamma * sums.g_centred;
        }
        return statistic_gradient(shrinkage, args.rules.epsilon,
                                  load(args.saved.mean + statistic(k)),
                                  load(args.saved.variance + statistic(k)), g, g_centred);
    }

    // The sums of cells -> the terms of dx. Takes part: every thread of the block.
    JSNORM_DEVICE void finish() const {
        const GroupShrinkage shrinkage = estimators();
        const Groups &groups = args.groups.shape;
        GradientVectorSums sums;
        if (groups.mean_couples != 0 || groups.variance_couples != 0) {
            sums = gradient_vector_sums(groups.threads, shrinkage, kFirst, count(), scratch,
                                        [&](int64_t k) { return gradient(shrinkage, k); });
        }
        for (int k = thread; k < count(); k += groups.threads) {
            memory.put_terms(k, terms_of(shrinkage, sums, gradient(shrinkage, k), elements()));
        }
    }
};

// The places of a round's tiles in the stash.
JSNORM_DEVICE int stashed_x(int round) {
    return 2 * round;
}
JSNORM_DEVICE int stashed_dy(int round) {
    return 2 * round + 1;
}

// A block takes a part of the groups at a time.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_fused_backward(RowsFusedBackward<T> args) {
    using Acc = Compute<T>;
    constexpr int64_t kFirst = 0;
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const Rows &rows = args.rows;
    const RowGroups &groups = args.groups;
    FusedBlock<T, kLanes> block(memory, args.memory, groups);
    const GroupThread<T, kLanes> &thread = block.thread;
    const GroupMemory<Acc> &statistics = block.statistics;
    const ParameterSums<T, kLanes> parameter_sums(memory, args.memory, args.parts);
    wait_for_previous_kernel();
    let_next_kernel_start();
    block.smem_parameters.stage(args.in.parameters, args.in.parameter_arrays(), kFirst);
    for (int64_t part = blockIdx.x; part < args.parts.count; part += gridDim.x) {
        parameter_sums.clear();
        JSNORM_ROLLED
        for (int64_t step = part * args.parts.steps;
             step < (part + 1) * args.parts.steps && step < groups.steps(); ++step) {
            // Saved statistics -> coefficients.
            const BackwardGroup<T> group = {
                args, statistics, step * groups.in_block() + thread.slot, thread.thread, scratch};
            group.prepare();
            group_barrier(groups);

            // x and dy are read; the sums of each row go to the group, and to memory where
            // parameters belong to cells.
            RowGradientTile<T> tile;
            GradientSums total = {0, 0};
            JSNORM_ROLLED
            for (int round = 0; round < groups.rounds; ++round) {
                const RowSpan span = thread.span(rows, groups, group.group, round);
                const int cell = thread.cell(groups, round);
                Forward<Acc> forward = {};
                MeanPair<Acc> centre = {};
                if (span.count > 0) {
                    forward = statistics.forward(cell / groups.cells_per_statistic);
                    centre = statistics.centre(cell / groups.cells_per_statistic);
                }
                load_gradient_tile<Reuse::kNever, T, kLanes>(tile, rows, args.in, span, forward,
                                                             block.smem_parameters.values,
                                                             block.staging);
                const GradientSums sums = tile_gradient_sums<T, kLanes>(
                    tile, args.in, span, centre, block.smem_parameters.values, scratch);
                parameter_sums.add(tile, span, static_cast<int>(span.first), forward);
                if (groups.begins_row(round)) total = {0, 0};
                total = {total.g + sums.g, total.g_centred + sums.g_centred};
                if (groups.ends_row(round) && span.count > 0 && thread.lane == 0) {
                    statistics.put_sums(cell, total);
                    if (args.sums != nullptr) {
                        store(args.sums + span.cell, total.g);
                        store(args.sums + (rows.cell_count + span.cell), total.g_centred);
                    }
                }
                if (!groups.is_last(round)) {
                    block.stash.put(stashed_x(round), tile.x);
                    block.stash.put(stashed_dy(round), tile.dy);
                }
            }

            // Sums -> the terms of dx.
            group_barrier(groups);
            group.finish();
            group_barrier(groups);

            // x and dy -> dx and dz, the last round first: its tiles are still in registers.
            JSNORM_ROLLED
            for (int round = groups.rounds - 1; round >= 0; --round) {
                const RowSpan span = thread.span(rows, groups, group.group, round);
                if (!groups.is_last(round)) {
                    block.stash.take(stashed_x(round), tile.x);
                    block.stash.take(stashed_dy(round), tile.dy);
                }
                Backward<Acc> backward = {};
                if (span.count > 0) {
                    const int statistic = thread.cell(groups, round) / groups.cells_per_statistic;
                    backward = statistics.backward(statistic);
                }
                store_gradients<T, kLanes>(tile, rows, args.in, args.out, span, backward,
                                           block.smem_parameters.values, block.staging);
            }

            // The next step's coefficients overwrite those of this step.
            group_barrier(groups);
        }

        // dgamma and dbeta of the part.
        parameter_sums.write(args.parts, part, args.in.parameters.count.value, kFirst,
                             static_cast<int>(rows.cell_elements));
    }
}

}  // namespace jsnorm::gpu
