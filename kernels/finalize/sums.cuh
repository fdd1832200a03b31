// SPDX-License-Identifier: Apache-2.0
// Sums over the statistics of a group as finalize kernels take them: a short vector is summed by every
// block that needs its sums; a long one is cut into slices, whose sums a kernel makes beforehand.
#pragma once

#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

// R: known to the host, or a count in memory.
struct Elements {
    double value = 0;
    global<const int64_t> count = nullptr;
};

JSNORM_DEVICE double elements_of(const Elements &elements) {
    return elements.count != nullptr ? static_cast<double>(load(elements.count)) : elements.value;
}

// Sums of slices as one: at the scale of the slice with the largest entry.
JSNORM_DEVICE void add_slice(ShrinkageSums &total, const ShrinkageSums &slice) {
    const double scale = slice.scale < total.scale ? slice.scale : total.scale;
    const double ours = scale / total.scale;  // powers of two: exact
    const double theirs = scale / slice.scale;
    total.sum = total.sum * ours + slice.sum * theirs;
    total.sum_squares = total.sum_squares * ours * ours + slice.sum_squares * theirs * theirs;
    total.sum_logs += slice.sum_logs;
    total.scale = scale;
}

// The sums of a whole group: made here, or added up from the slices.
JSNORM_DEVICE VectorSums group_sums(const Groups &groups, const NormRules &rules,
                                    const StatisticVectors &vectors,
                                    global<const VectorSums> slices, int64_t group, bool exists,
                                    shared<double> scratch) {
    if (slices == nullptr) {
        return vector_sums(groups, rules, vectors, group, 0, exists ? groups.statistics : 0,
                           scratch);
    }
    VectorSums total;
    for (int64_t slice = 0; slice < groups.slices; ++slice) {
        const global<const double> source =
            global_cast<const double>(slices + (group * groups.slices + slice));
        const ShrinkageSums mean = {load(source), load(source + 1), load(source + 2),
                                    load(source + 3)};
        const ShrinkageSums variance = {load(source + 4), load(source + 5), load(source + 6),
                                        load(source + 7)};
        if (slice == 0) {
            total = {mean, variance};
        } else {
            add_slice(total.mean, mean);
            add_slice(total.variance, variance);
        }
    }
    return total;
}

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

}  // namespace jsnorm::gpu
