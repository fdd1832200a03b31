// SPDX-License-Identifier: Apache-2.0
// The statistics of a group: the sums over them that an estimator needs, and the estimates. A long
// vector of statistics is cut into slices, whose sums a kernel makes beforehand; a short one is
// summed by every block that needs its sums. The same code serves statistics in memory and in the
// shared memory of a block.
#pragma once

#include "kernels/math/shrink.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {

// The estimators of a norm.
struct NormRules {
    jsnormEstimator_t mean_estimator = JSNORM_ESTIMATOR_NONE;
    jsnormEstimator_t variance_estimator = JSNORM_ESTIMATOR_NONE;
    double lambda = 0;
    double epsilon = 0;
    double effective_fraction = 1;  // of R
    int32_t unbiased = 0;           // 1: the variances are given with the divisor R-1
};

JSNORM_HD inline ShrinkageRule rule_of(const NormRules &rules, StatisticKind statistic,
                                       int64_t statistics, double elements) {
    return {statistic == StatisticKind::kMean ? rules.mean_estimator : rules.variance_estimator,
            statistic,
            static_cast<double>(statistics),
            elements,
            rules.lambda,
            rules.epsilon,
            rules.effective_fraction,
            rules.unbiased != 0};
}

JSNORM_HD inline NeededSums needed_sums(const NormRules &rules, StatisticKind statistic) {
    return needed_sums(
        statistic == StatisticKind::kMean ? rules.mean_estimator : rules.variance_estimator,
        statistic);
}

// Groups of statistics. `threads` threads of a block, a power of two, work on one group.
struct Groups {
    int64_t groups = 1;
    int64_t statistics = 1;
    int32_t threads = 1;
    int32_t mean_couples = 0;
    int32_t variance_couples = 0;
    int64_t slices = 1;
};

// ---- Sums ---------------------------------------------------------------------------------------

// Over a vector of means, and over a vector of variances.
struct VectorSums {
    ShrinkageSums mean;
    ShrinkageSums variance;
};

// Sums over statistics [first, first + count) of a group by `threads` threads of the block, known
// to all of them. theta(k) is statistic k, variance(k) its variance. Takes part: every thread of
// the block.
template <class Theta, class Variance>
JSNORM_DEVICE ShrinkageSums sums_of(int64_t first, int64_t count, int threads, NeededSums needed,
                                    double epsilon, shared<double> scratch, const Theta &theta,
                                    const Variance &variance) {
    const int64_t own = first + static_cast<int>(threadIdx.x) % threads;

    // The scale.
    double largest = 0;
    for (int64_t k = own; k < first + count; k += threads) {
        largest = std::fmax(largest, std::fabs(theta(k)));
    }
    ShrinkageSums sums;
    sums.scale = shrinkage_scale(block_max(largest, threads, scratch));

    // Scaled sums.
    double sum = 0;
    double squares = 0;
    double others = 0;
    for (int64_t k = own; k < first + count; k += threads) {
        const double scaled = theta(k) * sums.scale;
        sum += scaled;
        if (!needed.about_mean) squares += scaled * scaled;
        if (needed.logs) others += floored_log(theta(k), epsilon);
        if (needed.variances) others += variance(k);
    }
    sums.sum = block_sum(sum, threads, scratch);
    if (needed.about_mean) {
        const double mean = sums.sum / static_cast<double>(count);
        for (int64_t k = own; k < first + count; k += threads) {
            const double distance = theta(k) * sums.scale - mean;
            squares += distance * distance;
        }
    }
    sums.sum_squares = block_sum(squares, threads, scratch);
    if (needed.logs || needed.variances) sums.others = block_sum(others, threads, scratch);
    return sums;
}

// Sums over statistics [first, first + count) of a group; statistic k is mean(k) and variance(k).
// Takes part: every thread of the block.
template <class Mean, class Variance>
JSNORM_DEVICE VectorSums vector_sums(const Groups &groups, const NormRules &rules, int64_t first,
                                     int64_t count, shared<double> scratch, const Mean &mean,
                                     const Variance &variance) {
    VectorSums sums;
    if (groups.mean_couples != 0) {
        sums.mean = sums_of(first, count, groups.threads, needed_sums(rules, StatisticKind::kMean),
                            rules.epsilon, scratch, mean, variance);
    }
    if (groups.variance_couples != 0) {
        sums.variance =
            sums_of(first, count, groups.threads, needed_sums(rules, StatisticKind::kVariance),
                    rules.epsilon, scratch, variance, variance);
    }
    return sums;
}

// The statistics of all groups in memory, group after group.
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

// ---- Estimates ----------------------------------------------------------------------------------

// The estimators of a group, with their sums taken in.
struct GroupShrinkage {
    Shrinkage mean;
    Shrinkage variance;
};

// elements: of a statistic.
JSNORM_HD inline GroupShrinkage shrinkage_of(const Groups &groups, const NormRules &rules,
                                             double elements, const VectorSums &sums) {
    return {make_shrinkage(rule_of(rules, StatisticKind::kMean, groups.statistics, elements),
                           sums.mean),
            make_shrinkage(rule_of(rules, StatisticKind::kVariance, groups.statistics, elements),
                           sums.variance)};
}

// A statistic before and after shrinkage.
struct Estimate {
    double mean;
    double variance;
    double shrunk_mean;
    double shrunk_variance;
};

JSNORM_DEVICE Estimate estimate_of(const GroupShrinkage &shrinkage, double mean, double variance) {
    return {mean, variance, shrink(shrinkage.mean, mean), shrink(shrinkage.variance, variance)};
}

template <class Acc>
JSNORM_DEVICE Forward<Acc> forward_of(const Estimate &estimate, double epsilon) {
    return {split_mean<Acc>(estimate.shrunk_mean),
            narrow_rstd<Acc>(reciprocal_deviation(estimate.shrunk_variance, epsilon))};
}

// Where the statistics go that the caller asked for; each may be NULL.
struct StatisticArrays {
    global<double> saved_mean = nullptr;
    global<double> saved_variance = nullptr;
    global<double> shrunk_mean = nullptr;
    global<double> shrunk_variance = nullptr;
};

JSNORM_DEVICE void store_if(global<double> array, int64_t index, double value) {
    if (array != nullptr) store(array + index, value);
}

JSNORM_DEVICE void store_estimate(const StatisticArrays &arrays, int64_t statistic,
                                  const Estimate &estimate) {
    store_if(arrays.saved_mean, statistic, estimate.mean);
    store_if(arrays.saved_variance, statistic, estimate.variance);
    store_if(arrays.shrunk_mean, statistic, estimate.shrunk_mean);
    store_if(arrays.shrunk_variance, statistic, estimate.shrunk_variance);
}

}  // namespace jsnorm::gpu
