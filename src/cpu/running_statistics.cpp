// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "src/core/with_type.hpp"
#include "src/cpu/finalize.hpp"

namespace jsnorm::cpu {

namespace {

// next = (1-factor)*previous + factor*weight*current; next may be previous.
template <class R>
void average(int64_t count, const R *previous, R *next, const double *current, double weight,
             double factor) {
    if (factor == 1) {
#pragma omp simd
        for (int64_t k = 0; k < count; ++k) next[k] = narrow<R>(weight * current[k]);
        return;
    }
    const double kept = 1 - factor;
#pragma omp simd
    for (int64_t k = 0; k < count; ++k) {
        next[k] = narrow<R>(factor * (weight * current[k]) + kept * double{widen(previous[k])});
    }
}

}  // namespace

void update_running_statistics(const Problem &problem, double elements,
                               const EstimatedStatistics &vectors, const RunningUpdate &update) {
    const double factor = update.step == nullptr
                              ? update.factor
                              : 1 / (1 + static_cast<double>(std::max<int64_t>(*update.step, 0)));
    const NormConfig &norm = problem.norm;
    const int64_t count = problem.statistics_total();
    const bool raw = norm.running_mode == JSNORM_RUNNING_RAW;
    const double correction =
        corrects_running_variance(norm) ? elements / std::max(elements - 1, 1.0) : 1;
    // What has no weight does not count: 0 times a NaN would be a NaN.
    const bool counts = elements != 0 && factor != 0;

    const auto update_one = [&](const void *previous, void *next, const double *current,
                                double weight) {
        if (next == nullptr) return;
        with_type(update.type, [&](auto tag) {
            using R = decltype(tag);
            const auto *from = static_cast<const R *>(previous);
            auto *to = static_cast<R *>(next);
            if (counts) {
                average(count, from, to, current, weight, factor);
            } else if (from != nullptr && from != to) {
                std::copy_n(from, count, to);
            }
        });
    };
    update_one(update.mean, update.next_mean, raw ? vectors.mean : vectors.shrunk_mean, 1);
    update_one(update.variance, update.next_variance,
               raw ? vectors.variance : vectors.shrunk_variance, correction);
}

}  // namespace jsnorm::cpu
