// SPDX-License-Identifier: Apache-2.0
// All work over the statistics, in double: shrinkage, coefficients, running statistics, gradients
// of parameters.
#pragma once

#include "kernels/math/scalar.cuh"
#include "src/core/calls.hpp"
#include "src/cpu/cells.hpp"
#include "src/cpu/coefficients.hpp"
#include "src/cpu/sums.hpp"

namespace jsnorm::cpu {

// Statistics before and after shrinkage, one entry per statistic of the problem.
struct EstimatedStatistics {
    const double *mean = nullptr;
    const double *variance = nullptr;
    double *shrunk_mean = nullptr;
    double *shrunk_variance = nullptr;
    double *rstd = nullptr;  // of the shrunk variance
    bool unbiased = false;   // the raw variances have the divisor R-1
};

// Turns sums of squared deviations into variances, in place; 0 if there are no elements.
void finish_variances(double *m2, Range statistics, double elements);

// rstd = reciprocal_deviation(variance, epsilon) (kernels/math/shrink.cuh).
void reciprocal_deviations(const double *variance, double epsilon, int64_t count, double *rstd);

// Shrinks the statistics of the groups and writes their rstd. elements: R.
void shrink_statistics(const Problem &problem, Range groups, double elements,
                       const EstimatedStatistics &vectors);

// Writes P, E, rstd for the cells of the groups, from the shrunk statistics.
template <class Acc>
void write_forward_coefficients(const Problem &problem, Range groups,
                                const EstimatedStatistics &vectors,
                                const ForwardCoefficients<Acc> &coefficients);

// Writes p, e, rstd for the cells of the groups. (p, e) is the raw mean as a pair or, with fixed
// statistics, the mean that forward used.
template <class Acc>
void write_centres(const Problem &problem, Range groups, const EstimatedStatistics &vectors,
                   bool fixed, const BackwardCoefficients<Acc> &coefficients);

// Writes b, t for the cells of the groups. elements: R. sums: one entry per cell. weighted:
// workspace of two entries per statistic.
template <class Acc>
void write_backward_coefficients(const Problem &problem, Range groups, double elements,
                                 const EstimatedStatistics &vectors,
                                 const ParameterValues<Acc> &parameters, const GradientSums *sums,
                                 double *weighted, const BackwardCoefficients<Acc> &coefficients);

// next = (1-factor)*previous + factor*new. elements: R; if 0, previous values are copied.
void update_running_statistics(const Problem &problem, double elements,
                               const EstimatedStatistics &vectors, const RunningUpdate &update);

// dgamma and dbeta of parameters that belong to cells (channels or activations). fixed: the sums
// are about the mean that forward used, else about the raw mean.
void write_parameter_gradients(const Problem &problem, int threads,
                               const EstimatedStatistics &vectors, bool fixed,
                               const GradientSums *sums, const ParameterGradients &gradients);

// dgamma and dbeta of parameters that belong to elements: adds up the partial sums of all row
// blocks.
template <class Acc>
void sum_parameter_partials(const Problem &problem, int threads, const Acc *partials,
                            const ParameterGradients &gradients);

}  // namespace jsnorm::cpu
