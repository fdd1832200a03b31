// SPDX-License-Identifier: Apache-2.0
// dgamma and dbeta from sums: over the cells of a channel, or over blocks of rows.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/simd/finalize_parameters.cpp"
#include "src/cpu/simd/highway.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "src/cpu/cut.hpp"
#include "src/cpu/finalize.hpp"
#include "src/cpu/parallel.hpp"
#include "src/cpu/simd/instruction_set.hpp"
#include "src/cpu/values.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// Parameters per unit of parallel work; their sums run side by side.
inline constexpr int64_t kStrip = 256;

void write_parameter_gradients(const Problem &problem, Range parameters,
                               const EstimatedStatistics &vectors, bool fixed,
                               const GradientSums *sums, const ParameterGradients &gradients) {
    double dgamma[kStrip] = {};
    double dbeta[kStrip] = {};
    const int64_t first = parameters.begin;
    const int64_t count = parameters.length();
    const auto add = [&](int64_t i, const GradientSums &cell_sums, int64_t q) HWY_ATTR {
        const double shift = fixed ? 0 : vectors.mean[q] - vectors.shrunk_mean[q];
        dgamma[i] += vectors.rstd[q] * (cell_sums.g_centred + shift * cell_sums.g);
        dbeta[i] += cell_sums.g;
    };
    for (int64_t cell = first; cell < problem.cells; cell += problem.shape.parameters) {
        if (problem.cells_per_statistic == 1) {
#pragma omp simd
            for (int64_t i = 0; i < count; ++i) add(i, sums[cell + i], cell + i);
        } else {
            for (int64_t i = 0; i < count; ++i) {
                add(i, sums[cell + i], (cell + i) / problem.cells_per_statistic);
            }
        }
    }
    store_values(gradients.dgamma, gradients.type, first, count, dgamma);
    store_values(gradients.dbeta, gradients.type, first, count, dbeta);
}

template <class Acc>
void sum_parameter_partials(const Problem &problem, Range parameters, const Acc *partials,
                            const ParameterGradients &gradients) {
    const int64_t all = problem.shape.parameters;
    const int64_t blocks = divide_up(problem.cells, kRowBlock);
    const auto sum_into = [&](void *gradient, const Acc *from) HWY_ATTR {
        if (gradient == nullptr) return;
        double sums[kStrip] = {};
        for (int64_t block = 0; block < blocks; ++block) {
            const Acc *of_block = from + block * 2 * all + parameters.begin;
#pragma omp simd
            for (int64_t i = 0; i < parameters.length(); ++i) {
                sums[i] += static_cast<double>(of_block[i]);
            }
        }
        store_values(gradient, gradients.type, parameters.begin, parameters.length(), sums);
    };
    sum_into(gradients.dgamma, partials);
    sum_into(gradients.dbeta, partials + all);
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jsnorm::cpu {

namespace {

// body(parameters) strip by strip.
template <class Body>
void for_strips(const Problem &problem, int threads, const Body &body) {
    const int64_t count = problem.shape.parameters;
    parallel_for(threads, divide_up(count, HWY_NAMESPACE::kStrip), [&](int64_t i) {
        const int64_t first = i * HWY_NAMESPACE::kStrip;
        body(Range{first, std::min(first + HWY_NAMESPACE::kStrip, count)});
    });
}

}  // namespace

void write_parameter_gradients(const Problem &problem, int threads,
                               const EstimatedStatistics &vectors, bool fixed,
                               const GradientSums *sums, const ParameterGradients &gradients) {
    if (gradients.dgamma == nullptr && gradients.dbeta == nullptr) return;
    const auto write = JSNORM_DISPATCH(instruction_set(), write_parameter_gradients);
    for_strips(problem, threads, [&](Range parameters) {
        write(problem, parameters, vectors, fixed, sums, gradients);
    });
}

template <class Acc>
void sum_parameter_partials(const Problem &problem, int threads, const Acc *partials,
                            const ParameterGradients &gradients) {
    const auto sum = JSNORM_DISPATCH(instruction_set(), sum_parameter_partials<Acc>);
    for_strips(problem, threads,
               [&](Range parameters) { sum(problem, parameters, partials, gradients); });
}

template void sum_parameter_partials<float>(const Problem &, int, const float *,
                                            const ParameterGradients &);
template void sum_parameter_partials<double>(const Problem &, int, const double *,
                                             const ParameterGradients &);

}  // namespace jsnorm::cpu
#endif
