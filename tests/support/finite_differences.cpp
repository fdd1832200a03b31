// SPDX-License-Identifier: Apache-2.0

#include "tests/support/finite_differences.hpp"

#include <cmath>

#include "tests/support/oracle.hpp"
#include "tests/support/oracle_shrinkage.hpp"

namespace jsnorm::test {

double derivative(double &where, const std::function<double()> &f) {
    const double center = where;
    const auto difference = [&](double step) {
        where = center + step;
        const double above = f();
        where = center - step;
        const double below = f();
        where = center;
        return (above - below) / ((center + step) - (center - step));
    };
    const double fine = difference(kStep);
    const double coarse = difference(2 * kStep);
    return (4 * fine - coarse) / 3;
}

std::vector<double> numeric_gradient(
    Case problem, std::vector<double> Case::*input,
    const std::function<std::vector<double>(const Case &)> &forward) {
    const std::vector<double> dy = problem.dy;
    const auto loss = [&] {
        const std::vector<double> y = forward(problem);
        long double sum = 0;
        for (size_t e = 0; e < y.size(); ++e) sum += static_cast<long double>(dy[e]) * y[e];
        return static_cast<double>(sum);
    };
    std::vector<double> gradient;
    for (double &entry : problem.*input) gradient.push_back(derivative(entry, loss));
    return gradient;
}

// SAMPLING: the factor of a group is so near to 0 that differences would cross its cut.
bool sampling_near_a_kink(const Case &problem, const Result &result, double margin) {
    const View view = view_of(problem);
    const auto of_group = [&](const std::vector<double> &vector, int64_t group) {
        const auto begin = vector.begin() + group * view.statistics_per_group;
        return std::vector<double>(begin, begin + view.statistics_per_group);
    };
    for (int64_t group = 0; group < view.groups; ++group) {
        const std::vector<double> variances = of_group(result.saved_variance, group);
        const auto is_near = [&](Shrinkage::Of of, jsnormEstimator_t estimator,
                                 const std::vector<double> &theta) {
            if (estimator != JSNORM_ESTIMATOR_SAMPLING) return false;
            const Shrinkage how = {
                of, estimator, 0, 0, view.elements_per_statistic, problem.effective_fraction};
            return std::abs(sampling_factor(how, theta, variances)) < margin;
        };
        if (is_near(Shrinkage::Of::Mean, problem.mean_estimator,
                    of_group(result.saved_mean, group)) ||
            is_near(Shrinkage::Of::Variance, problem.variance_estimator, variances))
            return true;
    }
    return false;
}

bool statistics_near_a_kink(const Case &problem, double margin) {
    const Result result = oracle_forward(problem);
    if (sampling_near_a_kink(problem, result, margin)) return true;
    const auto R = static_cast<double>(view_of(problem).elements_per_statistic);
    for (size_t k = 0; k < result.saved_mean.size(); ++k) {
        const double mean = std::abs(result.saved_mean[k]);
        const double variance = result.saved_variance[k];
        if (problem.mean_estimator == JSNORM_ESTIMATOR_LASSO &&
            std::abs(mean - problem.lambda / (2 * R)) < margin)
            return true;
        if (problem.variance_estimator == JSNORM_ESTIMATOR_LASSO &&
            std::abs(variance - problem.lambda / 2) < margin)
            return true;
        if (problem.variance_estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED &&
            std::abs(variance - problem.epsilon) < margin)
            return true;
    }
    return false;
}

}  // namespace jsnorm::test
