// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/finalize.hpp"
#include "src/cpu/values.hpp"

namespace jsnorm::cpu {

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

}  // namespace jsnorm::cpu
