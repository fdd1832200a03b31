// SPDX-License-Identifier: Apache-2.0
// How finalize kernels share out the statistics of groups, and where they find the sums over a
// group: a short vector is summed by every block that needs its sums; a long one is cut into slices
// of kSliceStatistics, which finalize_slice_sums sums beforehand.
#pragma once

#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

// R, the elements of a statistic: known to the host, or a count in memory.
struct Elements {
    double value = 0;
    global<const int64_t> count = nullptr;
};

JSNORM_DEVICE double elements_of(const Elements &elements) {
    return elements.count != nullptr ? static_cast<double>(load(elements.count)) : elements.value;
}

// ---- Sums of slices -----------------------------------------------------------------------------

// ShrinkageSums in memory, entry by entry.
struct SumsEntry {
    enum : int { kScale, kSum, kSumSquares, kOthers, kCount };
};

JSNORM_DEVICE ShrinkageSums load_sums(global<const double> entries) {
    using Entry = SumsEntry;
    return {load(entries + Entry::kScale), load(entries + Entry::kSum),
            load(entries + Entry::kSumSquares), load(entries + Entry::kOthers)};
}

JSNORM_DEVICE void store_sums(global<double> entries, const ShrinkageSums &sums) {
    using Entry = SumsEntry;
    store(entries + Entry::kScale, sums.scale);
    store(entries + Entry::kSum, sums.sum);
    store(entries + Entry::kSumSquares, sums.sum_squares);
    store(entries + Entry::kOthers, sums.others);
}

// The statistics [first, first + count) of a group that make up a slice.
struct Slice {
    int64_t group;
    int64_t first;
    int64_t count;
};

// unit: group * slices + slice.
JSNORM_DEVICE Slice slice_of(const Groups &groups, int64_t unit) {
    const int64_t group = unit / groups.slices;
    const int64_t first = (unit - group * groups.slices) * kSliceStatistics;
    const int64_t rest = groups.statistics - first;
    return {group, first, rest < kSliceStatistics ? rest : kSliceStatistics};
}

// Adds the sums of a slice, at the scale of the slice with the largest entry. count: of the
// statistics before the slice.
JSNORM_DEVICE void add_slice(ShrinkageSums &total, int64_t count, const ShrinkageSums &slice,
                             int64_t slice_count, bool about_mean) {
    const double scale = slice.scale < total.scale ? slice.scale : total.scale;
    const double ours = scale / total.scale;  // powers of two: exact
    const double theirs = scale / slice.scale;
    const double sum = total.sum * ours;
    const double slice_sum = slice.sum * theirs;
    total.sum_squares = total.sum_squares * ours * ours + slice.sum_squares * theirs * theirs;
    if (about_mean) {  // Chan's rule (docs/math.md, section 6)
        const auto n = static_cast<double>(count);
        const auto slice_n = static_cast<double>(slice_count);
        const double apart = slice_sum / slice_n - sum / n;
        total.sum_squares += apart * apart * (n * slice_n / (n + slice_n));
    }
    total.sum = sum + slice_sum;
    total.others += slice.others;
    total.scale = scale;
}

// The sums over a whole group. slices NULL: there are none, and the sums are made here. Takes part:
// every thread of the block, with `exists` false where it has no group.
JSNORM_DEVICE VectorSums group_sums(const Groups &groups, const NormRules &rules,
                                    const StatisticVectors &vectors,
                                    global<const VectorSums> slices, int64_t group, bool exists,
                                    shared<double> scratch) {
    if (slices == nullptr) {
        constexpr int64_t kFirst = 0;
        const int64_t count = exists ? groups.statistics : 0;
        return vector_sums(groups, rules, vectors, group, kFirst, count, scratch);
    }
    const bool mean_centred = needed_sums(rules, StatisticKind::kMean).about_mean;
    const bool variance_centred = needed_sums(rules, StatisticKind::kVariance).about_mean;
    VectorSums total;
    for (int64_t slice = 0; slice < groups.slices; ++slice) {
        const global<const double> entries =
            global_cast<const double>(slices + (group * groups.slices + slice));
        const ShrinkageSums mean = load_sums(entries);
        const ShrinkageSums variance = load_sums(entries + SumsEntry::kCount);
        if (slice == 0) {
            total = {mean, variance};
        } else {
            const int64_t before = slice * kSliceStatistics;
            const int64_t rest = groups.statistics - before;
            const int64_t count = rest < kSliceStatistics ? rest : kSliceStatistics;
            add_slice(total.mean, before, mean, count, mean_centred);
            add_slice(total.variance, before, variance, count, variance_centred);
        }
    }
    return total;
}

// ---- Shares of work -----------------------------------------------------------------------------

// A piece: as many statistics of a group as it has threads.
JSNORM_HD inline int64_t pieces_of(const Groups &groups) {
    return divide_up(groups.statistics, groups.threads);
}

// A block works on one piece of each of kFinalizeThreads/threads groups.
JSNORM_HD inline int64_t finalize_blocks(const Groups &groups) {
    return divide_up(groups.groups, kFinalizeThreads / groups.threads) * pieces_of(groups);
}

// The statistic that a thread works on.
struct FinalizeUnit {
    int64_t group;
    int64_t k;  // of the group
    bool group_exists;
    bool exists;
};

JSNORM_DEVICE FinalizeUnit finalize_unit(const Groups &groups, int64_t block) {
    const int64_t groups_at_once = kFinalizeThreads / groups.threads;
    const int64_t pieces = pieces_of(groups);
    const int64_t step = block / pieces;
    const int64_t piece = block - step * pieces;
    FinalizeUnit unit;
    unit.group = step * groups_at_once + static_cast<int>(threadIdx.x) / groups.threads;
    unit.k = piece * groups.threads + static_cast<int>(threadIdx.x) % groups.threads;
    unit.group_exists = unit.group < groups.groups;
    unit.exists = unit.group_exists && unit.k < groups.statistics;
    return unit;
}

}  // namespace jsnorm::gpu
