// SPDX-License-Identifier: Apache-2.0
// Sums over the K statistics of a group, and the estimators that follow from them. Plain loops: the
// compiler vectorizes them for each instruction set, in the same order.
#if defined(JSNORM_CPU_SIMD_OVER_STATISTICS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_OVER_STATISTICS_INL
#undef JSNORM_CPU_SIMD_OVER_STATISTICS_INL
#else
#define JSNORM_CPU_SIMD_OVER_STATISTICS_INL
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "kernels/math/shrink.cuh"
#include "src/cpu/finalize.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// Sums over k run in this many interleaved chains.
inline constexpr int64_t kStatisticChains = 8;

template <class Term>
HWY_INLINE double sum_over(int64_t count, const Term &term) {
    double chains[kStatisticChains] = {};
    const int64_t whole = count / kStatisticChains * kStatisticChains;
    for (int64_t k = 0; k < whole; k += kStatisticChains) {
#pragma omp simd
        for (int64_t chain = 0; chain < kStatisticChains; ++chain) chains[chain] += term(k + chain);
    }
    for (int64_t k = whole; k < count; ++k) chains[k - whole] += term(k);
    double sum = 0;
    for (const double chain : chains) sum += chain;
    return sum;
}

// The largest absolute value, NaN left out.
HWY_INLINE double largest_of(int64_t count, const double *theta) {
    double largest[kStatisticChains] = {};
    const auto take = [&](int64_t chain, int64_t k) HWY_ATTR {
        const double size = std::fabs(theta[k]);
        largest[chain] = size > largest[chain] ? size : largest[chain];
    };
    const int64_t whole = count / kStatisticChains * kStatisticChains;
    for (int64_t k = 0; k < whole; k += kStatisticChains) {
#pragma omp simd
        for (int64_t chain = 0; chain < kStatisticChains; ++chain) take(chain, k + chain);
    }
    for (int64_t k = whole; k < count; ++k) take(k - whole, k);
    return *std::max_element(largest, largest + kStatisticChains);
}

// The estimator of one vector of K entries, from statistic `first` on.
inline Shrinkage shrinkage_of(const Problem &problem, StatisticKind statistic, double elements,
                              const EstimatedStatistics &vectors, int64_t first) {
    const NormConfig &norm = problem.norm;
    const bool mean = statistic == StatisticKind::kMean;
    const int64_t count = problem.statistics;
    const double *variance = vectors.variance + first;
    const double *theta = mean ? vectors.mean + first : variance;
    const ShrinkageRule rule = {mean ? norm.mean_estimator : norm.variance_estimator,
                                statistic,
                                static_cast<double>(count),
                                elements,
                                norm.lambda,
                                norm.epsilon,
                                norm.effective_fraction,
                                vectors.unbiased};
    const NeededSums needed = needed_sums(rule.estimator, statistic);
    ShrinkageSums sums;
    if (couples(rule.estimator, statistic, count)) {
        const double scale = shrinkage_scale(largest_of(count, theta));
        sums.scale = scale;
        sums.sum = sum_over(count, [&](int64_t k) HWY_ATTR { return theta[k] * scale; });
        const double centre = needed.about_mean ? sums.sum / rule.statistics : 0;
        sums.sum_squares = sum_over(count, [&](int64_t k) HWY_ATTR {
            const double distance = theta[k] * scale - centre;
            return distance * distance;
        });
        if (needed.logs) {
            sums.others = sum_over(
                count, [&](int64_t k) HWY_ATTR { return floored_log(theta[k], rule.epsilon); });
        }
        if (needed.variances) {
            sums.others = sum_over(count, [&](int64_t k) HWY_ATTR { return variance[k]; });
        }
    }
    return make_shrinkage(rule, sums);
}

// A shrinkage whose estimator is known at compile time.
template <jsnormEstimator_t estimator>
struct Known {
    const Shrinkage &shrinkage;

    HWY_INLINE Shrinkage get() const {
        Shrinkage same = shrinkage;
        same.estimator = estimator;
        return same;
    }
};

// body(known), instantiated for each estimator, so that no loop has to test for it.
template <class Body>
HWY_INLINE void with_estimator(const Shrinkage &shrinkage, const Body &body) {
    switch (shrinkage.estimator) {
        case JSNORM_ESTIMATOR_JAMES_STEIN:
            return body(Known<JSNORM_ESTIMATOR_JAMES_STEIN>{shrinkage});
        case JSNORM_ESTIMATOR_GRAND_MEAN:
            return body(Known<JSNORM_ESTIMATOR_GRAND_MEAN>{shrinkage});
        case JSNORM_ESTIMATOR_STEIN_CORRECTED:
            return body(Known<JSNORM_ESTIMATOR_STEIN_CORRECTED>{shrinkage});
        case JSNORM_ESTIMATOR_RIDGE:
            return body(Known<JSNORM_ESTIMATOR_RIDGE>{shrinkage});
        case JSNORM_ESTIMATOR_LASSO:
            return body(Known<JSNORM_ESTIMATOR_LASSO>{shrinkage});
        case JSNORM_ESTIMATOR_SAMPLING:
            return body(Known<JSNORM_ESTIMATOR_SAMPLING>{shrinkage});
        default:
            return body(Known<JSNORM_ESTIMATOR_NONE>{shrinkage});
    }
}

inline Range statistics_of(const Problem &problem, Range groups) {
    return {groups.begin * problem.statistics, groups.end * problem.statistics};
}

inline Range cells_of(const Problem &problem, int64_t statistic) {
    return {statistic * problem.cells_per_statistic, (statistic + 1) * problem.cells_per_statistic};
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
