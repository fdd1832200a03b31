// SPDX-License-Identifier: Apache-2.0
// Sums over the statistics of a group: what an estimator needs of a vector, and what its gradient
// needs. A long vector is cut into slices, whose sums a kernel makes beforehand; a short one is
// summed where it is needed, by every block that needs it. The same for statistics in memory and in
// the shared memory of a block.
#pragma once

#include "kernels/tensor/coefficients.cuh"
#include "kernels/math/rules.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {


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


// Sums over `count` statistics of a group from `first` on, whose k-th are mean(k) and variance(k);
// every thread of the block takes part.
template <class Mean, class Variance>
JSNORM_DEVICE VectorSums vector_sums(const Groups &groups, const NormRules &rules, int64_t first,
                                     int64_t count, shared<double> scratch, const Mean &mean,
                                     const Variance &variance) {
    VectorSums sums;
    if (groups.mean_couples != 0) {
        sums.mean = sums_of(first, count, groups.threads, false, rules.epsilon, scratch, mean);
    }
    if (groups.variance_couples != 0) {
        const bool logs = rules.variance_estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED;
        sums.variance =
            sums_of(first, count, groups.threads, logs, rules.epsilon, scratch, variance);
    }
    return sums;
}

// The statistics of all groups: mean and variance vectors.
struct StatisticVectors {
    global<const double> mean = nullptr;
    global<const double> variance = nullptr;
};

JSNORM_DEVICE VectorSums vector_sums(const Groups &groups, const NormRules &rules,
                                     const StatisticVectors &vectors, int64_t group, int64_t first,
                                     int64_t count, shared<double> scratch) {
    const int64_t base = group * groups.statistics;
    return vector_sums(
        groups, rules, first, count, scratch,
        [&](int64_t k) { return load(vectors.mean + (base + k)); },
        [&](int64_t k) { return load(vectors.variance + (base + k)); });
}



// Where statistics go that the caller asked for; each may be NULL.
struct StatisticArrays {
    global<double> saved_mean = nullptr;
    global<double> saved_variance = nullptr;
    global<double> shrunk_mean = nullptr;
    global<double> shrunk_variance = nullptr;
};

JSNORM_DEVICE void store_if(global<double> array, int64_t index, double value) {
    if (array != nullptr) store(array + index, value);
}

// The estimators of a group, with their sums taken in.
struct GroupShrinkage {
    Shrinkage mean;
    Shrinkage variance;
};

JSNORM_DEVICE GroupShrinkage shrinkage_of(const Groups &groups, const NormRules &rules,
                                          double elements, const VectorSums &sums) {
    return {make_shrinkage(rule_of(rules, StatisticKind::kMean, groups.statistics, elements),
                           sums.mean),
            make_shrinkage(rule_of(rules, StatisticKind::kVariance, groups.statistics, elements),
                           sums.variance)};
}


}  // namespace jsnorm::gpu
