// SPDX-License-Identifier: Apache-2.0
// Groups of rows that a block keeps on chip, backward: x and dy are read once, dx and dz written
// once.
#pragma once

#include "kernels/rows/groups.cuh"
#include "kernels/rows/parameter_partials.cuh"
#include "kernels/tensor/statistic_gradients.cuh"

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

// What the threads of a block need to know about the statistics of one group.
template <class T>
struct BackwardGroup {
    using Acc = Compute<T>;
    const RowsFusedBackward<T> &args;
    const GroupMemory<Acc> &memory;
    int64_t group;
    int thread;
    shared<double> scratch;

    JSNORM_DEVICE int count() const {
        return group < args.groups.of.groups ? static_cast<int>(args.groups.of.statistics) : 0;
    }
    JSNORM_DEVICE int64_t statistic(int64_t k) const {
        return group * args.groups.of.statistics + k;
    }
    JSNORM_DEVICE double elements() const {
        return static_cast<double>(args.rows.cell_elements * args.groups.cells_per_statistic);
    }

    // Every thread of the block takes part.
    JSNORM_DEVICE GroupShrinkage shrinkage() const {
        return shrinkage_of(
            args.groups.of, args.rules, elements(),
            vector_sums(args.groups.of, args.rules, args.saved, group, 0, count(), scratch));
    }

    // From the saved statistics to what forward used.
    JSNORM_DEVICE void prepare() const {
        const GroupShrinkage of = shrinkage();
        for (int k = thread; k < count(); k += args.groups.of.threads) {
            const double mean = load(args.saved.mean + statistic(k));
            const double shrunk_mean = shrink(of.mean, mean);
            const double shrunk_variance =
                shrink(of.variance, load(args.saved.variance + statistic(k)));
            memory.put_forward(
                k, {split_mean<Acc>(shrunk_mean),
                    narrow_rstd<Acc>(reciprocal_deviation(shrunk_variance, args.rules.epsilon))});
            memory.put_centre(k, split_mean<Acc>(mean));
            store_if(args.shrunk_mean, statistic(k), shrunk_mean);
            store_if(args.shrunk_variance, statistic(k), shrunk_variance);
        }
    }

    // From the sums of its cells.
    JSNORM_DEVICE StatisticGradient gradient(const GroupShrinkage &of, int64_t k) const {
        double g = 0;
        double g_centred = 0;
        for (int i = 0; i < args.groups.cells_per_statistic; ++i) {
            const int cell = static_cast<int>(k) * args.groups.cells_per_statistic + i;
            const RowSpan row = {group * args.groups.cells + cell, 0, 1, {}};
            const double gamma =
                args.in.parameters.per_element != 0
                    ? 1.0
                    : static_cast<double>(cell_parameter(args.in.parameters, kGamma, row));
            g += gamma * memory.first[cell];
            g_centred += gamma * memory.second[cell];
        }
        return statistic_gradient(of, args.rules.epsilon, load(args.saved.mean + statistic(k)),
                                  load(args.saved.variance + statistic(k)), g, g_centred);
    }

    // Every thread of the block takes part.
    JSNORM_DEVICE void finish() const {
        const GroupShrinkage of = shrinkage();
        const Groups &groups = args.groups.of;
        GradientVectorSums sums;
        if (groups.mean_couples != 0 || groups.variance_couples != 0) {
            sums = gradient_vector_sums(groups.threads, of, 0, count(), scratch,
                                        [&](int64_t k) { return gradient(of, k); });
        }
        for (int k = thread; k < count(); k += groups.threads) {
            memory.put_terms(k, terms_of(of, sums, gradient(of, k), elements()));
        }
    }
};

// A block takes a part of the groups.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_fused_backward(RowsFusedBackward<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    const Rows &rows = args.rows;
    const RowGroups &groups = args.groups;
    const GroupThread<T, kLanes> thread(groups);
    const GroupMemory<Acc> statistics(memory, groups, thread.slot);
    const shared<Acc> held = shared_cast<Acc>(memory + args.memory.parameters);
    const ParameterSums<T, kLanes> parameter_sums(shared_cast<Acc>(memory + args.memory.sums),
                                                  args.parts);
    const Stash<T, kLanes> stash = {shared_cast<Pack<T>>(memory + args.memory.stash),
                                    groups.vectors};
    const RowStaging<T> staging(memory, args.memory);
    wait_for_previous_kernel();
    let_next_kernel_start();
    hold_parameters<T, kLanes>(held, args.in.parameters, args.in.parameter_arrays(), 0);
    for (int64_t part = blockIdx.x; part < args.parts.count; part += gridDim.x) {
        parameter_sums.clear();
        JSNORM_ROLLED
        for (int64_t step = part * args.parts.steps;
             step < (part + 1) * args.parts.steps && step < groups.steps(); ++step) {
            const BackwardGroup<T> group = {
                args, statistics, step * groups.in_block() + thread.slot, thread.thread, scratch};
            group.prepare();
            group_barrier(groups);
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
                load_gradient_tile<Reuse::kNever, T, kLanes>(tile, rows, args.in, span, forward, held,
                                                    staging);
                const GradientSums sums =
                    tile_gradient_sums<T, kLanes>(tile, args.in, span, centre, held, scratch);
                parameter_sums.add(tile, span, static_cast<int>(span.first), forward);
                if (round % groups.tiles == 0) total = {0, 0};
                total = {total.g + sums.g, total.g_centred + sums.g_centred};
                if (round % groups.tiles == groups.tiles - 1 && span.count > 0 &&
                    thread.lane == 0) {
                    statistics.first[cell] = total.g;
                    statistics.second[cell] = total.g_centred;
                    if (args.sums != nullptr) {
                        store(args.sums + span.cell, total.g);
                        store(args.sums + (rows.cell_count + span.cell), total.g_centred);
                    }
                }
                if (round + 1 < groups.rounds) {
                    stash.put(2 * round, tile.x);
                    stash.put(2 * round + 1, tile.dy);
                }
            }
            group_barrier(groups);
            group.finish();
            group_barrier(groups);
            JSNORM_ROLLED
            for (int round = groups.rounds - 1; round >= 0; --round) {
                const RowSpan span = thread.span(rows, groups, group.group, round);
                if (round + 1 < groups.rounds) {
                    stash.take(2 * round, tile.x);
                    stash.take(2 * round + 1, tile.dy);
                }
                Backward<Acc> of = {};
                if (span.count > 0) {
                    of = statistics.backward(thread.cell(groups, round) /
                                             groups.cells_per_statistic);
                }
                store_gradients<T, kLanes>(tile, rows, args.in, args.out, span, of, held, staging);
            }
            group_barrier(groups);
        }
        parameter_sums.write(args.parts, part, args.in.parameters.count.value, 0,
                             static_cast<int>(rows.cell_elements));
    }
}

}  // namespace jsnorm::gpu
