// SPDX-License-Identifier: Apache-2.0
// Sums over the statistics of a group: what an estimator needs of a vector, and what its gradient
// needs. A long vector is cut into slices, whose sums a kernel makes beforehand; a short one is
// summed where it is needed, by every block that needs it. The same for statistics in memory and in
// the shared memory of a block.
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

// The gradients of one statistic before shrinkage takes them apart.
struct StatisticGradient {
    double mean;
    double variance;
    double rstd;
    double g1;
    double h;
    JSNORM_HD double u() const { return -rstd * g1; }
    JSNORM_HD double w() const { return -0.5 * rstd * rstd * h; }
};

// g, g_centred: the statistic's sums of gamma*dy and of gamma*dy*(x - mean).
JSNORM_DEVICE StatisticGradient statistic_gradient(const GroupShrinkage &shrinkage, double epsilon,
                                                   double mean, double variance, double g,
                                                   double g_centred) {
    const double rstd = reciprocal_deviation(shrink(shrinkage.variance, variance), epsilon);
    return {mean, variance, rstd, g,
            rstd * (g_centred + (mean - shrink(shrinkage.mean, mean)) * g)};
}

struct GradientVectorSums {
    ShrinkageGradientSums mean;
    ShrinkageGradientSums variance;
};

// Sums over `count` statistics of a group from `first` on, gradient(k) being the k-th; every thread
// of the block takes part.
template <class Gradient>
JSNORM_DEVICE GradientVectorSums gradient_vector_sums(int threads, const GroupShrinkage &shrinkage,
                                                      int64_t first, int64_t count,
                                                      shared<double> scratch,
                                                      const Gradient &gradient) {
    double terms[4] = {0, 0, 0, 0};
    for (int64_t k = first + static_cast<int>(threadIdx.x) % threads; k < first + count;
         k += threads) {
        const StatisticGradient d = gradient(k);
        terms[0] += d.u();
        terms[1] += d.u() * (d.mean * shrinkage.mean.scale);
        terms[2] += d.w();
        terms[3] += d.w() * (d.variance * shrinkage.variance.scale);
    }
    for (int q = 0; q < 4; ++q) terms[q] = block_sum(terms[q], threads, scratch);
    return {{terms[0], terms[1]}, {terms[2], terms[3]}};
}

JSNORM_DEVICE GradientTerms terms_of(const GroupShrinkage &shrinkage,
                                     const GradientVectorSums &sums, const StatisticGradient &d,
                                     double elements) {
    return gradient_terms(shrinkage.mean, shrinkage.variance, sums.mean, sums.variance, d.mean,
                          d.variance, d.rstd, d.g1, d.h, elements);
}

}  // namespace jsnorm::gpu
