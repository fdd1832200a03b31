// SPDX-License-Identifier: Apache-2.0
// Sums over the statistics of a group: what an estimator needs of a vector, and what its gradient
// needs. A long vector is cut into slices, whose sums a kernel makes beforehand; a short one is
// summed where it is needed, by every block that needs it.
#pragma once

#include "kernels/coefficients.cuh"
#include "kernels/rules.cuh"
#include "kernels/sums.cuh"

namespace jsnorm::gpu {

inline constexpr int kFinalizeThreads = 256;
inline constexpr int64_t kSliceStatistics = 4096;

// R: known to the host, or a count in memory.
struct Elements {
    double value = 0;
    global<const int64_t> count = nullptr;
};

JSNORM_DEVICE double elements_of(const Elements &elements) {
    return elements.count != nullptr ? static_cast<double>(load(elements.count)) : elements.value;
}

// Groups of statistics, and the threads that work on one: `threads` of a block, a power of two.
struct Groups {
    int64_t groups = 1;
    int64_t statistics = 1;
    int32_t threads = 1;
    int32_t mean_couples = 0;
    int32_t variance_couples = 0;
    int64_t slices = 1;
};

// Of the vector of means and of that of variances.
struct VectorSums {
    ShrinkageSums mean;
    ShrinkageSums variance;
};

// Sums over statistics [first, first + count) of a group by `threads` threads of the block, known
// to all of them. theta(k) is the k-th statistic.
template <class Theta>
JSNORM_DEVICE ShrinkageSums sums_of(int64_t first, int64_t count, int threads, bool logs,
                                    double epsilon, shared<double> scratch, const Theta &theta) {
    const int64_t own = first + static_cast<int>(threadIdx.x) % threads;
    double largest = 0;
    for (int64_t k = own; k < first + count; k += threads) {
        largest = std::fmax(largest, std::fabs(theta(k)));
    }
    ShrinkageSums sums;
    sums.scale = shrinkage_scale(block_max(largest, threads, scratch));
    double sum = 0;
    double squares = 0;
    double log_sum = 0;
    for (int64_t k = own; k < first + count; k += threads) {
        const double scaled = theta(k) * sums.scale;
        sum += scaled;
        squares += scaled * scaled;
        if (logs) log_sum += floored_log(theta(k), epsilon);
    }
    sums.sum = block_sum(sum, threads, scratch);
    sums.sum_squares = block_sum(squares, threads, scratch);
    if (logs) sums.sum_logs = block_sum(log_sum, threads, scratch);
    return sums;
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

// The statistics of all groups: mean and variance vectors.
struct StatisticVectors {
    global<const double> mean = nullptr;
    global<const double> variance = nullptr;
};

// Sums over `count` statistics of a group from `first` on; every thread of the block takes part.
JSNORM_DEVICE VectorSums vector_sums(const Groups &groups, const NormRules &rules,
                                     const StatisticVectors &vectors, int64_t group, int64_t first,
                                     int64_t count, shared<double> scratch) {
    VectorSums sums;
    const int64_t base = group * groups.statistics;
    if (groups.mean_couples != 0) {
        sums.mean = sums_of(first, count, groups.threads, false, rules.epsilon, scratch,
                            [&](int64_t k) { return load(vectors.mean + (base + k)); });
    }
    if (groups.variance_couples != 0) {
        const bool logs = rules.variance_estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED;
        sums.variance = sums_of(first, count, groups.threads, logs, rules.epsilon, scratch,
                                [&](int64_t k) { return load(vectors.variance + (base + k)); });
    }
    return sums;
}

struct SliceSums {
    Groups groups;
    NormRules rules;
    StatisticVectors vectors;
    global<VectorSums> slices;  // [group][slice]
};

// One block a slice; groups.threads is the whole block.
template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
slice_sums(SliceSums args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads / kWarp);
    wait_for_previous_kernel();
    let_next_kernel_start();
    const int64_t units = args.groups.groups * args.groups.slices;
    for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
        const int64_t group = unit / args.groups.slices;
        const int64_t first = (unit - group * args.groups.slices) * kSliceStatistics;
        const int64_t rest = args.groups.statistics - first;
        const VectorSums sums =
            vector_sums(args.groups, args.rules, args.vectors, group, first,
                        rest < kSliceStatistics ? rest : kSliceStatistics, scratch);
        if (threadIdx.x == 0) {
            const global<double> target = global_cast<double>(args.slices + unit);
            store(target, sums.mean.scale);
            store(target + 1, sums.mean.sum);
            store(target + 2, sums.mean.sum_squares);
            store(target + 3, sums.mean.sum_logs);
            store(target + 4, sums.variance.scale);
            store(target + 5, sums.variance.sum);
            store(target + 6, sums.variance.sum_squares);
            store(target + 7, sums.variance.sum_logs);
        }
    }
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

}  // namespace jsnorm::gpu
