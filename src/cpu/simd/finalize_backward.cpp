// SPDX-License-Identifier: Apache-2.0
// The coefficients b and t of dx: the gradient through shrinkage and statistics (docs/math.md,
// section 3).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/simd/finalize_backward.cpp"
#include "src/cpu/simd/highway.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "src/cpu/simd/instruction_set.hpp"
#include "src/cpu/simd/over_statistics-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// g1 and h of statistics that are shrunk together.
struct Gradients {
    double *g1;
    double *h;
};

// g1 = sum of gamma*g over the cells of a statistic; h = rstd * sum of gamma*g*(x - shrunk mean).
// With parameters per element the sums contain gamma already.
template <class Acc>
void weigh(const Problem &problem, Range statistics, const EstimatedStatistics &vectors,
           const ParameterValues<Acc> &parameters, const GradientSums *sums, const Gradients &to) {
    const auto write = [&](int64_t q, double g, double g_centred) HWY_ATTR {
        const int64_t k = q - statistics.begin;
        const double shift = vectors.mean[q] - vectors.shrunk_mean[q];
        to.g1[k] = g;
        to.h[k] = vectors.rstd[q] * (g_centred + shift * g);
    };
    if (problem.parameter_per_element) {
#pragma omp simd
        for (int64_t q = statistics.begin; q < statistics.end; ++q) {
            write(q, sums[q].g, sums[q].g_centred);
        }
        return;
    }
    if (problem.cells_per_statistic == 1 && statistics.end <= problem.shape.parameters) {
#pragma omp simd
        for (int64_t q = statistics.begin; q < statistics.end; ++q) {
            const auto gamma = static_cast<double>(parameters.gamma[q]);
            write(q, gamma * sums[q].g, gamma * sums[q].g_centred);
        }
        return;
    }
    for (int64_t q = statistics.begin; q < statistics.end; ++q) {
        const Range cells = cells_of(problem, q);
        GradientSums total = {};
        for (int64_t cell = cells.begin; cell < cells.end; ++cell) {
            const int64_t parameter = problem.parameter_of_cell(cell);
            const auto gamma = static_cast<double>(parameters.gamma[parameter]);
            total += {gamma * sums[cell].g, gamma * sums[cell].g_centred};
        }
        write(q, total.g, total.g_centred);
    }
}

// The sums that the gradient of an estimator needs; d(k) is the gradient of the k-th shrunk
// statistic.
template <class Gradient>
HWY_INLINE ShrinkageGradientSums gradient_sums_of(const Shrinkage &shrinkage, const double *theta,
                                                  int64_t count, const Gradient &d) {
    ShrinkageGradientSums sums;
    sums.sum = sum_over(count, d);
    sums.sum_products = sum_over(
        count, [&](int64_t k) HWY_ATTR { return gradient_product(shrinkage, d(k), theta[k]); });
    return sums;
}

// b = dmean/(R*rstd), t = 2*dvariance/(R*rstd^2). rstd is cancelled where it can be, so that the
// gradient of a statistic of one element is exactly 0 if nothing is shrunk. Where rstd is 0, b and
// t are 0, since dx = rstd * (...).
template <class Acc>
void write_slopes(const Problem &problem, Range statistics, double elements,
                  const EstimatedStatistics &vectors, const Gradients &gradients, Acc *b, Acc *t) {
    const int64_t count = statistics.length();
    const double *mean = vectors.mean + statistics.begin;
    const double *variance = vectors.variance + statistics.begin;
    const double *rstd = vectors.rstd + statistics.begin;
    const double *g1 = gradients.g1;
    const double *h = gradients.h;
    const Shrinkage of_mean =
        shrinkage_of(problem, StatisticKind::kMean, elements, vectors, statistics.begin);
    const Shrinkage of_variance =
        shrinkage_of(problem, StatisticKind::kVariance, elements, vectors, statistics.begin);
    // 0 if nothing couples statistics: NaN or infinity in one group must not reach the others.
    ShrinkageGradientSums u;
    ShrinkageGradientSums w;
    if (is_coupled(problem)) {
        u = gradient_sums_of(of_mean, mean, count,
                             [&](int64_t k) HWY_ATTR { return -rstd[k] * g1[k]; });
        w = gradient_sums_of(of_variance, variance, count,
                             [&](int64_t k) HWY_ATTR { return -0.5 * rstd[k] * rstd[k] * h[k]; });
    }
    const double by_noise = noise_gradient(of_mean, u);
    const double share = 1 / elements;
    with_estimator(of_mean, [&](auto known) HWY_ATTR {
        const Shrinkage shrinkage = known.get();
#pragma omp simd
        for (int64_t k = 0; k < count; ++k) {
            const double deviation = 1 / rstd[k];
            const double own = own_gradient_factor(shrinkage, mean[k]) * g1[k];
            const double shared = shared_gradient(shrinkage, u, mean[k]) * deviation;
            b[k] = static_cast<Acc>(rstd[k] != 0 ? (shared - own) * share : 0);
        }
    });
    with_estimator(of_variance, [&](auto known) HWY_ATTR {
        const Shrinkage shrinkage = known.get();
#pragma omp simd
        for (int64_t k = 0; k < count; ++k) {
            const double deviation = 1 / rstd[k];
            const double own = own_gradient_factor(shrinkage, variance[k]) * h[k];
            const double shared =
                2 * (shared_gradient(shrinkage, w, variance[k]) + by_noise) * deviation * deviation;
            t[k] = narrow_slope<Acc>(rstd[k] != 0 ? (shared - own) * share : 0);
        }
    });
}

// Copies one entry per statistic to its cells, in place: from the last to the first.
template <class Acc>
void spread_to_cells(const Problem &problem, Range statistics, Acc *values) {
    if (problem.cells_per_statistic == 1) return;
    for (int64_t q = statistics.end; q-- > statistics.begin;) {
        const Range cells = cells_of(problem, q);
        const int64_t first = statistics.begin * problem.cells_per_statistic;
        std::fill(values + cells.begin, values + cells.end, values[first + (q - statistics.begin)]);
    }
}

template <class Acc>
void write_backward_coefficients(const Problem &problem, Range groups, double elements,
                                 const EstimatedStatistics &vectors,
                                 const ParameterValues<Acc> &parameters, const GradientSums *sums,
                                 double *weighted, const BackwardCoefficients<Acc> &coefficients) {
    const Range all = statistics_of(problem, groups);
    const int64_t step = is_coupled(problem) ? problem.statistics : all.length();
    for (int64_t first = all.begin; first < all.end; first += step) {
        const Range statistics{first, first + step};
        const Gradients gradients{weighted + 2 * first, weighted + 2 * first + step};
        weigh(problem, statistics, vectors, parameters, sums, gradients);
        const int64_t cell = first * problem.cells_per_statistic;
        write_slopes(problem, statistics, elements, vectors, gradients, coefficients.b + cell,
                     coefficients.t + cell);
        spread_to_cells(problem, statistics, coefficients.b);
        spread_to_cells(problem, statistics, coefficients.t);
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jsnorm::cpu {

template <class Acc>
void write_backward_coefficients(const Problem &problem, Range groups, double elements,
                                 const EstimatedStatistics &vectors,
                                 const ParameterValues<Acc> &parameters, const GradientSums *sums,
                                 double *weighted, const BackwardCoefficients<Acc> &coefficients) {
    JSNORM_DISPATCH(instruction_set(), write_backward_coefficients<Acc>)
    (problem, groups, elements, vectors, parameters, sums, weighted, coefficients);
}

#define JSNORM_INSTANTIATE(Acc)                                                                    \
    template void write_backward_coefficients<Acc>(                                                \
        const Problem &, Range, double, const EstimatedStatistics &, const ParameterValues<Acc> &, \
        const GradientSums *, double *, const BackwardCoefficients<Acc> &)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
#endif
