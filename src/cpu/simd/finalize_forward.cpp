// SPDX-License-Identifier: Apache-2.0
// Variances, shrinkage, and the coefficients that need no sums of gradients.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/simd/finalize_forward.cpp"
#include "src/cpu/simd/highway.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "src/cpu/simd/instruction_set.hpp"
#include "src/cpu/simd/over_statistics-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

void finish_variances(double *m2, Range statistics, double elements) {
#pragma omp simd
    for (int64_t q = statistics.begin; q < statistics.end; ++q) {
        m2[q] = elements > 0 ? m2[q] / elements : 0;
    }
}

void reciprocal_deviations(const double *variance, double epsilon, int64_t count, double *rstd) {
#pragma omp simd
    for (int64_t k = 0; k < count; ++k) rstd[k] = reciprocal_deviation(variance[k], epsilon);
}

void shrink_statistics(const Problem &problem, Range groups, double elements,
                       const EstimatedStatistics &vectors) {
    const Range all = statistics_of(problem, groups);
    const int64_t step = is_coupled(problem) ? problem.statistics : all.length();
    const auto shrink_vectors = [&](StatisticKind statistic, const double *theta,
                                    double *shrunk) HWY_ATTR {
        for (int64_t first = all.begin; first < all.end; first += step) {
            const double *from = theta + first;
            double *to = shrunk + first;
            const Shrinkage of_vector = shrinkage_of(problem, statistic, elements, vectors, first);
            with_estimator(of_vector, [&](auto known) HWY_ATTR {
                const Shrinkage shrinkage = known.get();
#pragma omp simd
                for (int64_t k = 0; k < step; ++k) to[k] = shrink(shrinkage, from[k]);
            });
        }
    };
    shrink_vectors(StatisticKind::kMean, vectors.mean, vectors.shrunk_mean);
    shrink_vectors(StatisticKind::kVariance, vectors.variance, vectors.shrunk_variance);
    reciprocal_deviations(vectors.shrunk_variance + all.begin, problem.norm.epsilon, all.length(),
                          vectors.rstd + all.begin);
}

// Writes the mean as a pair, and rstd, for every cell of the groups.
template <class Acc>
void write_standardization(const Problem &problem, Range groups, const double *mean,
                           const double *rstd, Acc *mean_head, Acc *mean_tail, Acc *narrow) {
    const Range statistics = statistics_of(problem, groups);
    if (problem.cells_per_statistic == 1) {
#pragma omp simd
        for (int64_t q = statistics.begin; q < statistics.end; ++q) {
            split_mean(mean[q], mean_head[q], mean_tail[q]);
            narrow[q] = narrow_rstd<Acc>(rstd[q]);
        }
        return;
    }
    for (int64_t q = statistics.begin; q < statistics.end; ++q) {
        const Range cells = cells_of(problem, q);
        for (int64_t cell = cells.begin; cell < cells.end; ++cell) {
            split_mean(mean[q], mean_head[cell], mean_tail[cell]);
            narrow[cell] = narrow_rstd<Acc>(rstd[q]);
        }
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jsnorm::cpu {

void finish_variances(double *m2, Range statistics, double elements) {
    JSNORM_DISPATCH(instruction_set(), finish_variances)(m2, statistics, elements);
}

void reciprocal_deviations(const double *variance, double epsilon, int64_t count, double *rstd) {
    JSNORM_DISPATCH(instruction_set(), reciprocal_deviations)(variance, epsilon, count, rstd);
}

void shrink_statistics(const Problem &problem, Range groups, double elements,
                       const EstimatedStatistics &vectors) {
    JSNORM_DISPATCH(instruction_set(), shrink_statistics)(problem, groups, elements, vectors);
}

template <class Acc>
void write_forward_coefficients(const Problem &problem, Range groups,
                                const EstimatedStatistics &vectors,
                                const ForwardCoefficients<Acc> &to) {
    JSNORM_DISPATCH(instruction_set(), write_standardization<Acc>)
    (problem, groups, vectors.shrunk_mean, vectors.rstd, to.mean_head, to.mean_tail, to.rstd);
}

template <class Acc>
void write_centres(const Problem &problem, Range groups, const EstimatedStatistics &vectors,
                   bool fixed, const BackwardCoefficients<Acc> &to) {
    JSNORM_DISPATCH(instruction_set(), write_standardization<Acc>)
    (problem, groups, fixed ? vectors.shrunk_mean : vectors.mean, vectors.rstd, to.mean_head,
     to.mean_tail, to.rstd);
}

#define JSNORM_INSTANTIATE(Acc)                                                                 \
    template void write_forward_coefficients<Acc>(                                              \
        const Problem &, Range, const EstimatedStatistics &, const ForwardCoefficients<Acc> &); \
    template void write_centres<Acc>(const Problem &, Range, const EstimatedStatistics &, bool, \
                                     const BackwardCoefficients<Acc> &)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
#endif
