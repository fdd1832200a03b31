// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/simd/statistic_vectors.cpp"
#include "src/cpu/simd/highway.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/shrink.cuh"
#include "src/cpu/coefficients.hpp"
#include "src/cpu/simd/instruction_set.hpp"
#include "src/cpu/simd/statistic_vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// Left to the compiler, which knows the instruction set here: what a loop calls is inlined.

void reciprocal_deviations(const double *variance, double epsilon, int64_t count, double *rstd) {
#pragma omp simd
    for (int64_t k = 0; k < count; ++k) rstd[k] = reciprocal_deviation(variance[k], epsilon);
}

template <class Acc>
void write_standardization(const double *mean, const double *rstd, int64_t count, Acc *mean_head,
                           Acc *mean_tail, Acc *narrow) {
#pragma omp simd
    for (int64_t k = 0; k < count; ++k) {
        split_mean(mean[k], mean_head[k], mean_tail[k]);
        narrow[k] = narrow_rstd<Acc>(rstd[k]);
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jsnorm::cpu {

void reciprocal_deviations(const double *variance, double epsilon, int64_t count, double *rstd) {
    JSNORM_DISPATCH(instruction_set(), reciprocal_deviations)(variance, epsilon, count, rstd);
}

template <class Acc>
void write_standardization(const double *mean, const double *rstd, int64_t count, Acc *mean_head,
                           Acc *mean_tail, Acc *narrow) {
    JSNORM_DISPATCH(instruction_set(), write_standardization<Acc>)
    (mean, rstd, count, mean_head, mean_tail, narrow);
}

template void write_standardization<float>(const double *, const double *, int64_t, float *,
                                           float *, float *);
template void write_standardization<double>(const double *, const double *, int64_t, double *,
                                            double *, double *);

}  // namespace jsnorm::cpu
#endif
