// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/finalize.hpp"

#include "kernels/shrink.cuh"
#include "src/cpu/parallel.hpp"
#include "src/cpu/simd/statistic_vectors.hpp"
#include "src/cpu/values.hpp"

namespace jsnorm::cpu {

namespace {

// Sums over k run in this many interleaved chains.
constexpr int64_t kChains = 8;

template <class Term>
double sum_over(int64_t count, const Term &term) {
    double chains[kChains] = {};
    const int64_t whole = count / kChains * kChains;
    for (int64_t k = 0; k < whole; k += kChains) {
#pragma omp simd
        for (int64_t chain = 0; chain < kChains; ++chain) chains[chain] += term(k + chain);
    }
    for (int64_t k = whole; k < count; ++k) chains[k - whole] += term(k);
    double sum = 0;
    for (const double chain : chains) sum += chain;
    return sum;
}

ShrinkageRule rule_of(const Problem &problem, StatisticKind statistic, double elements) {
    const NormConfig &norm = problem.norm;
    const bool mean = statistic == StatisticKind::kMean;
    return {mean ? norm.mean_estimator : norm.variance_estimator,
            statistic,
            static_cast<double>(problem.statistics),
            elements,
            norm.lambda,
            norm.epsilon};
}

// The estimator of one vector of K entries.
Shrinkage shrinkage_of(const Problem &problem, StatisticKind statistic, double elements,
                       const double *theta) {
    const ShrinkageRule rule = rule_of(problem, statistic, elements);
    const int64_t count = problem.statistics;
    ShrinkageSums sums;
    if (couples(rule.estimator, statistic, count)) {
        double largest = 0;
        for (int64_t k = 0; k < count; ++k) largest = std::max(largest, std::fabs(theta[k]));
        sums.scale = shrinkage_scale(largest);
        sums.sum = sum_over(count, [&](int64_t k) { return theta[k] * sums.scale; });
        sums.sum_squares = sum_over(count, [&](int64_t k) {
            const double scaled = theta[k] * sums.scale;
            return scaled * scaled;
        });
        if (rule.estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED &&
            statistic == StatisticKind::kVariance) {
            sums.sum_logs =
                sum_over(count, [&](int64_t k) { return floored_log(theta[k], rule.epsilon); });
        }
    }
    return make_shrinkage(rule, sums);
}

// Some statistic's estimate depends on the others of its group; else all groups have the same rule.
bool is_coupled(const Problem &problem) {
    return couples(problem.norm.mean_estimator, StatisticKind::kMean, problem.statistics) ||
           couples(problem.norm.variance_estimator, StatisticKind::kVariance, problem.statistics);
}

// The sums that the gradient of an estimator needs; d(k) is the gradient of the k-th shrunk
// statistic.
template <class Gradient>
ShrinkageGradientSums gradient_sums_of(const Shrinkage &shrinkage, const double *theta,
                                       int64_t count, const Gradient &d) {
    ShrinkageGradientSums sums;
    sums.sum = sum_over(count, d);
    sums.sum_products =
        sum_over(count, [&](int64_t k) { return d(k) * (theta[k] * shrinkage.scale); });
    return sums;
}

Range statistics_of(const Problem &problem, Range groups) {
    return {groups.begin * problem.statistics, groups.end * problem.statistics};
}

Range cells_of(const Problem &problem, int64_t statistic) {
    return {statistic * problem.cells_per_statistic, (statistic + 1) * problem.cells_per_statistic};
}

// The pair of each mean and rstd, for every cell of the groups.
template <class Acc>
void write_to_cells(const Problem &problem, Range groups, const double *mean, const double *rstd,
                    Acc *mean_head, Acc *mean_tail, Acc *narrow) {
    const Range statistics = statistics_of(problem, groups);
    if (problem.cells_per_statistic == 1) {
        const int64_t first = statistics.begin;
        write_standardization(mean + first, rstd + first, statistics.length(), mean_head + first,
                              mean_tail + first, narrow + first);
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

// The sums of a statistic's cells, weighted with gamma where it belongs to cells.
template <class Acc>
GradientSums weigh(const Problem &problem, Range cells, const ParameterValues<Acc> &parameters,
                   const GradientSums *sums) {
    GradientSums total;
    for (int64_t cell = cells.begin; cell < cells.end; ++cell) {
        const double gamma =
            problem.parameter_per_element
                ? 1
                : static_cast<double>(parameters.gamma[problem.parameter_of_cell(cell)]);
        total += {gamma * sums[cell].g, gamma * sums[cell].g_centred};
    }
    return total;
}

}  // namespace

void shrink_statistics(const Problem &problem, Range groups, double elements,
                       const StatisticVectors &vectors) {
    const Range all = statistics_of(problem, groups);
    const int64_t step = is_coupled(problem) ? problem.statistics : all.length();
    const auto shrink_vectors = [&](StatisticKind statistic, const double *theta, double *shrunk) {
        for (int64_t first = all.begin; first < all.end; first += step) {
            const Shrinkage shrinkage = shrinkage_of(problem, statistic, elements, theta + first);
            if (shrinkage.estimator == JSNORM_ESTIMATOR_NONE) {
                std::copy_n(theta + first, step, shrunk + first);
                continue;
            }
            for (int64_t k = first; k < first + step; ++k) shrunk[k] = shrink(shrinkage, theta[k]);
        }
    };
    shrink_vectors(StatisticKind::kMean, vectors.mean, vectors.shrunk_mean);
    shrink_vectors(StatisticKind::kVariance, vectors.variance, vectors.shrunk_variance);
    reciprocal_deviations(vectors.shrunk_variance + all.begin, problem.norm.epsilon, all.length(),
                          vectors.rstd + all.begin);
}

template <class Acc>
void write_forward_coefficients(const Problem &problem, Range groups,
                                const StatisticVectors &vectors,
                                const ForwardCoefficients<Acc> &coefficients) {
    write_to_cells(problem, groups, vectors.shrunk_mean, vectors.rstd, coefficients.mean_head,
                   coefficients.mean_tail, coefficients.rstd);
}

template <class Acc>
void write_centres(const Problem &problem, Range groups, const StatisticVectors &vectors,
                   bool fixed, const BackwardCoefficients<Acc> &coefficients) {
    write_to_cells(problem, groups, fixed ? vectors.shrunk_mean : vectors.mean, vectors.rstd,
                   coefficients.mean_head, coefficients.mean_tail, coefficients.rstd);
}

template <class Acc>
void write_backward_coefficients(const Problem &problem, Range groups, double elements,
                                 const StatisticVectors &vectors,
                                 const ParameterValues<Acc> &parameters, const GradientSums *sums,
                                 GradientSums *weighted,
                                 const BackwardCoefficients<Acc> &coefficients) {
    const Range all = statistics_of(problem, groups);
    const bool coupled = is_coupled(problem);
    const int64_t step = coupled ? problem.statistics : all.length();
    for (int64_t first = all.begin; first < all.end; first += step) {
        const double *mean = vectors.mean + first;
        const double *variance = vectors.variance + first;
        const double *rstd = vectors.rstd + first;
        GradientSums *of_group = weighted + first;
        for (int64_t k = 0; k < step; ++k) {
            of_group[k] = weigh(problem, cells_of(problem, first + k), parameters, sums);
        }
        // docs/math.md, section 3: g1 and h, then u = -rstd*g1 and w = -rstd^2*h/2.
        const auto g1 = [&](int64_t k) { return of_group[k].g; };
        const auto h = [&](int64_t k) {
            const double shift = mean[k] - vectors.shrunk_mean[first + k];
            return rstd[k] * (of_group[k].g_centred + shift * of_group[k].g);
        };
        const auto u = [&](int64_t k) { return -rstd[k] * g1(k); };
        const auto w = [&](int64_t k) { return -0.5 * rstd[k] * rstd[k] * h(k); };

        const Shrinkage of_mean = shrinkage_of(problem, StatisticKind::kMean, elements, mean);
        const Shrinkage of_variance =
            shrinkage_of(problem, StatisticKind::kVariance, elements, variance);
        // Else 0: what is not finite in one group must not reach the others.
        ShrinkageGradientSums u_sums;
        ShrinkageGradientSums w_sums;
        if (coupled) {
            u_sums = gradient_sums_of(of_mean, mean, step, u);
            w_sums = gradient_sums_of(of_variance, variance, step, w);
        }
        const double share = 1 / elements;
        for (int64_t k = 0; k < step; ++k) {
            double b = 0;
            double t = 0;
            if (rstd[k] != 0) {  // else dx is 0 by its factor rstd
                // b = dmean/(R*rstd), t = 2*dvariance/(R*rstd^2), with rstd cancelled where it can
                // be: one element per statistic then has a gradient of exactly 0 where nothing is
                // shrunk.
                const double deviation = 1 / rstd[k];
                b = (-own_gradient_factor(of_mean, mean[k]) * g1(k) +
                     shared_gradient(of_mean, u_sums, mean[k]) * deviation) *
                    share;
                t = (-own_gradient_factor(of_variance, variance[k]) * h(k) +
                     2 * shared_gradient(of_variance, w_sums, variance[k]) * deviation *
                         deviation) *
                    share;
            }
            const Range cells = cells_of(problem, first + k);
            for (int64_t cell = cells.begin; cell < cells.end; ++cell) {
                coefficients.b[cell] = static_cast<Acc>(b);
                coefficients.t[cell] = static_cast<Acc>(t);
            }
        }
    }
}

void update_running_statistics(const Problem &problem, double elements,
                               const StatisticVectors &vectors, const RunningUpdate &update) {
    const bool keep = elements == 0;
    const double factor = update.step == nullptr
                              ? update.factor
                              : 1 / (1 + static_cast<double>(std::max<int64_t>(*update.step, 0)));
    const NormConfig &norm = problem.norm;
    const bool raw = norm.running_mode == JSNORM_RUNNING_RAW;
    const bool corrected = norm.running_variance == JSNORM_RUNNING_VARIANCE_CORRECTED &&
                           (norm.variance_estimator == JSNORM_ESTIMATOR_NONE ||
                            norm.variance_estimator == JSNORM_ESTIMATOR_JAMES_STEIN ||
                            norm.variance_estimator == JSNORM_ESTIMATOR_GRAND_MEAN);
    const double correction = corrected ? elements / std::max(elements - 1, 1.0) : 1;

    const auto average = [&](const void *previous, void *next, const double *current,
                             double weight) {
        if (next == nullptr) return;
        for (int64_t k = 0; k < problem.statistics; ++k) {
            if (keep) {
                if (previous != nullptr && previous != next) {
                    store_value(next, update.type, k, load_value(previous, update.type, k));
                }
                continue;
            }
            double value = factor * (weight * current[k]);
            if (factor != 1) value += (1 - factor) * load_value(previous, update.type, k);
            store_value(next, update.type, k, value);
        }
    };
    average(update.mean, update.next_mean, raw ? vectors.mean : vectors.shrunk_mean, 1);
    average(update.variance, update.next_variance, raw ? vectors.variance : vectors.shrunk_variance,
            correction);
}

void write_parameter_gradients(const Problem &problem, int threads, const StatisticVectors &vectors,
                               bool fixed, const GradientSums *sums,
                               const ParameterGradients &gradients) {
    if (gradients.dgamma == nullptr && gradients.dbeta == nullptr) return;
    const int64_t parameters = problem.shape.parameters;
    parallel_for(threads, parameters, [&](int64_t p) {
        double dgamma = 0;
        double dbeta = 0;
        for (int64_t cell = p; cell < problem.cells; cell += parameters) {
            const int64_t q = cell / problem.cells_per_statistic;
            const double shift = fixed ? 0 : vectors.mean[q] - vectors.shrunk_mean[q];
            dgamma += vectors.rstd[q] * (sums[cell].g_centred + shift * sums[cell].g);
            dbeta += sums[cell].g;
        }
        if (gradients.dgamma != nullptr) store_value(gradients.dgamma, gradients.type, p, dgamma);
        if (gradients.dbeta != nullptr) store_value(gradients.dbeta, gradients.type, p, dbeta);
    });
}

template <class Acc>
void sum_parameter_partials(const Problem &problem, int threads, const Acc *partials,
                            const ParameterGradients &gradients) {
    const int64_t parameters = problem.shape.parameters;
    const int64_t blocks = divide_up(problem.cells, kRowBlock);
    const auto sum_into = [&](void *gradient, const Acc *first) {
        if (gradient == nullptr) return;
        parallel_for(threads, parameters, [&](int64_t p) {
            double sum = 0;
            for (int64_t block = 0; block < blocks; ++block) {
                sum += static_cast<double>(first[block * 2 * parameters + p]);
            }
            store_value(gradient, gradients.type, p, sum);
        });
    };
    sum_into(gradients.dgamma, partials);
    sum_into(gradients.dbeta, partials + parameters);
}

#define JSNORM_INSTANTIATE(Acc)                                                                 \
    template void write_forward_coefficients<Acc>(                                              \
        const Problem &, Range, const StatisticVectors &, const ForwardCoefficients<Acc> &);    \
    template void write_centres<Acc>(const Problem &, Range, const StatisticVectors &, bool,    \
                                     const BackwardCoefficients<Acc> &);                        \
    template void write_backward_coefficients<Acc>(                                             \
        const Problem &, Range, double, const StatisticVectors &, const ParameterValues<Acc> &, \
        const GradientSums *, GradientSums *, const BackwardCoefficients<Acc> &);               \
    template void sum_parameter_partials<Acc>(const Problem &, int, const Acc *,                \
                                              const ParameterGradients &)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
