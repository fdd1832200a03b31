// SPDX-License-Identifier: Apache-2.0
// Everything that happens over k, in double: shrinkage, coefficients, running statistics, gradients
// of the parameters.
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
};

// Variances from sums of squared deviations, in place. Of no elements: 0.
void finish_variances(double *m2, Range statistics, double elements);

// rstd = reciprocal_deviation(variance, epsilon) (kernels/math/shrink.cuh).
void reciprocal_deviations(const double *variance, double epsilon, int64_t count, double *rstd);

// Shrinks the vectors of the groups, and takes the reciprocal deviations. elements: R.
void shrink_statistics(const Problem &problem, Range groups, double elements,
                       const EstimatedStatistics &vectors);

// P, E, rstd of the cells of the groups, from the shrunk statistics.
template <class Acc>
void write_forward_coefficients(const Problem &problem, Range groups,
                                const EstimatedStatistics &vectors,
                                const ForwardCoefficients<Acc> &coefficients);

// p, e, rstd of the cells of the groups: the pair of the raw mean, or, with fixed statistics, of
// the mean that was used.
template <class Acc>
void write_centres(const Problem &problem, Range groups, const EstimatedStatistics &vectors,
                   bool fixed, const BackwardCoefficients<Acc> &coefficients);

// b, t of the cells of the groups, from the sums of gradients (one per cell). weighted: workspace,
// two entries per statistic of the problem.
template <class Acc>
void write_backward_coefficients(const Problem &problem, Range groups, double elements,
                                 const EstimatedStatistics &vectors,
                                 const ParameterValues<Acc> &parameters, const GradientSums *sums,
                                 double *weighted, const BackwardCoefficients<Acc> &coefficients);

// next = (1-factor)*previous + factor*new. elements: R; 0 only carries previous values over.
void update_running_statistics(const Problem &problem, double elements,
                               const EstimatedStatistics &vectors, const RunningUpdate &update);

// dgamma and dbeta where parameters belong to channels or activations. `fixed`: the sums are about
// the mean that was used.
void write_parameter_gradients(const Problem &problem, int threads,
                               const EstimatedStatistics &vectors, bool fixed,
                               const GradientSums *sums, const ParameterGradients &gradients);

// dgamma and dbeta where parameters belong to elements: adds up the partial sums of the row blocks.
template <class Acc>
void sum_parameter_partials(const Problem &problem, int threads, const Acc *partials,
                            const ParameterGradients &gradients);

}  // namespace jsnorm::cpu
