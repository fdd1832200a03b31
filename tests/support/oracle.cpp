// SPDX-License-Identifier: Apache-2.0

#include "tests/support/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/support/oracle_shrinkage.hpp"

namespace jsnorm::test {
namespace {

using Real = long double;  // of sums
using Vector = std::vector<double>;

// What every operation walks: for element e, its statistic and its parameter.
struct Walk {
    const Case &problem;
    View view;
    std::vector<int64_t> statistic_of, parameter_of;

    explicit Walk(const Case &c)
        : problem(c),
          view(view_of(c)),
          statistic_of(statistic_indices(c)),
          parameter_of(parameter_indices(c)) {}

    size_t elements() const { return statistic_of.size(); }
    size_t statistics() const { return static_cast<size_t>(view.statistics()); }
    size_t parameters() const { return static_cast<size_t>(view.parameter_count); }
    size_t k(size_t e) const { return static_cast<size_t>(statistic_of[e]); }
    size_t p(size_t e) const { return static_cast<size_t>(parameter_of[e]); }
    double gamma(size_t e) const { return problem.gamma.empty() ? 1 : problem.gamma[p(e)]; }
    double beta(size_t e) const { return problem.beta.empty() ? 0 : problem.beta[p(e)]; }
    double z(size_t e) const { return problem.z.empty() ? 0 : problem.z[e]; }

    Shrinkage mean_shrinkage(int64_t R, bool unbiased = false) const {
        return {Shrinkage::Of::Mean,
                problem.mean_estimator,
                problem.lambda,
                problem.epsilon,
                R,
                problem.effective_fraction,
                unbiased};
    }
    Shrinkage variance_shrinkage(int64_t R, bool unbiased = false) const {
        return {Shrinkage::Of::Variance,
                problem.variance_estimator,
                problem.lambda,
                problem.epsilon,
                R,
                problem.effective_fraction,
                unbiased};
    }

    // Whether running variances have the divisor R-1: asked for, and not undone by the estimator.
    bool corrects_running_variance() const {
        const jsnormEstimator_t estimator = problem.variance_estimator;
        const bool commutes =
            estimator == JSNORM_ESTIMATOR_NONE || estimator == JSNORM_ESTIMATOR_JAMES_STEIN ||
            estimator == JSNORM_ESTIMATOR_GRAND_MEAN || estimator == JSNORM_ESTIMATOR_SAMPLING;
        return commutes && problem.running_variance_correction == JSNORM_RUNNING_VARIANCE_CORRECTED;
    }

    // The K entries of the group that begins at `first`.
    Vector group_of(const Vector &theta, size_t first) const {
        const auto begin = theta.begin() + static_cast<std::ptrdiff_t>(first);
        return Vector(begin, begin + static_cast<std::ptrdiff_t>(view.statistics_per_group));
    }

    // Applies `operation` to the K statistics of every group.
    template <typename Operation>
    Vector by_group(const Vector &theta, Operation operation) const {
        Vector result;
        const auto K = static_cast<std::ptrdiff_t>(view.statistics_per_group);
        for (int64_t g = 0; g < view.groups; ++g) {
            const auto first = theta.begin() + static_cast<std::ptrdiff_t>(g) * K;
            const Vector group = operation(Vector(first, first + K), static_cast<size_t>(g * K));
            result.insert(result.end(), group.begin(), group.end());
        }
        return result;
    }
};

// Section 2, the first two lines. Statistics of no elements are 0.
void measure(const Walk &walk, Vector &mean, Vector &variance) {
    const auto R = static_cast<Real>(walk.view.elements_per_statistic);
    std::vector<Real> sum(walk.statistics()), squares(walk.statistics());
    for (size_t e = 0; e < walk.elements(); ++e) sum[walk.k(e)] += walk.problem.x[e];
    for (Real &s : sum) s = R == 0 ? 0 : s / R;
    for (size_t e = 0; e < walk.elements(); ++e) {
        const Real deviation = walk.problem.x[e] - sum[walk.k(e)];
        squares[walk.k(e)] += deviation * deviation;
    }
    mean.assign(sum.begin(), sum.end());
    variance.clear();
    for (const Real s : squares) variance.push_back(R == 0 ? 0 : static_cast<double>(s / R));
}

// Section 2: 1 / sqrt(vJS + eps), and 0 where that is not a number to divide by.
Vector reciprocal_deviations(const Vector &variance, double epsilon) {
    Vector rstd;
    for (const double v : variance)
        rstd.push_back(v + epsilon == 0 ? 0 : 1 / std::sqrt(v + epsilon));
    return rstd;
}

// 0 times anything is 0 here: where rstd is 0, so is xhat, whatever x is.
double standardized(double x, double mean, double rstd) {
    return rstd == 0 ? 0 : (x - mean) * rstd;
}

// Section 2, the last two lines, and section 4. spread: see Result::y_terms.
void apply(const Walk &walk, const Vector &mean, const Vector &rstd, const Vector &spread,
           Vector &y, Vector &pre, Vector &terms) {
    for (size_t e = 0; e < walk.elements(); ++e) {
        const size_t k = walk.k(e);
        const double xhat = standardized(walk.problem.x[e], mean[k], rstd[k]);
        const double value = walk.gamma(e) * xhat + walk.beta(e) + walk.z(e);
        const bool cut = walk.problem.activation == JSNORM_ACTIVATION_RELU && value <= 0;
        pre.push_back(value);
        y.push_back(cut ? 0 : value);  // a NaN is not cut
        terms.push_back(std::abs(walk.gamma(e)) * (std::abs(xhat) + spread[k]) +
                        std::abs(walk.beta(e)) + std::abs(walk.z(e)));
    }
}

// Section 2, running statistics. Training over no elements, or with factor 0, updates nothing.
void update_running(const Walk &walk, Result &result) {
    const Case &problem = walk.problem;
    const bool given = !problem.running_mean.empty();
    if (!is_batch_kind(problem.kind) || (!given && problem.factor != 1)) return;
    if (walk.view.elements_per_statistic == 0 || problem.factor == 0) {
        result.next_running_mean = problem.running_mean;
        result.next_running_variance = problem.running_variance;
        return;
    }
    const bool raw = problem.running_mode == JSNORM_RUNNING_RAW;
    const auto R = static_cast<double>(walk.view.elements_per_statistic);
    const double correction = walk.corrects_running_variance() ? R / std::max(R - 1, 1.0) : 1;
    const double f = problem.factor;
    for (size_t k = 0; k < walk.statistics(); ++k) {
        const double mean = raw ? result.saved_mean[k] : result.shrunk_mean[k];
        const double variance = raw ? result.saved_variance[k] : result.shrunk_variance[k];
        const double old_mean = f == 1 ? 0 : (1 - f) * problem.running_mean[k];
        const double old_variance = f == 1 ? 0 : (1 - f) * problem.running_variance[k];
        result.next_running_mean.push_back(old_mean + f * mean);
        result.next_running_variance.push_back(old_variance + f * variance * correction);
    }
}

// Section 4: the statistics that inference uses.
void fixed_statistics(const Walk &walk, Vector &mean, Vector &variance) {
    const Case &problem = walk.problem;
    if (problem.running_mean.size() != walk.statistics() ||
        problem.running_variance.size() != walk.statistics())
        throw std::invalid_argument("inference needs K running statistics");
    mean = problem.running_mean;
    variance = problem.running_variance;
    if (problem.running_mode != JSNORM_RUNNING_RAW) return;
    const int64_t R = problem.running_element_count != 0 ? problem.running_element_count
                                                         : walk.view.elements_per_statistic;
    const bool unbiased = walk.corrects_running_variance();
    mean = shrink(walk.mean_shrinkage(R, unbiased), mean, variance);
    variance = shrink(walk.variance_shrinkage(R, unbiased), variance, variance);
}

// Section 3, the first line: dy behind the activation.
Vector gated(const Walk &walk, const Vector &pre) {
    Vector dy = walk.problem.dy;
    if (walk.problem.activation == JSNORM_ACTIVATION_RELU)
        for (size_t e = 0; e < dy.size(); ++e)
            if (!(pre[e] > 0)) dy[e] = 0;
    return dy;
}

// Section 3: dgamma = sum dy*xhat and dbeta = sum dy, over everything that shares the parameter.
struct ParameterGradients {
    Vector dgamma, dbeta, dgamma_terms, dbeta_terms;

    ParameterGradients(const Walk &walk, const Vector &dy, const Vector &mean, const Vector &rstd) {
        std::vector<Real> sums[4];
        for (auto &sum : sums) sum.resize(walk.parameters());
        for (size_t e = 0; e < walk.elements(); ++e) {
            const size_t p = walk.p(e);
            const Real xhat = standardized(walk.problem.x[e], mean[walk.k(e)], rstd[walk.k(e)]);
            const Real product = dy[e] * xhat;
            sums[0][p] += product;
            sums[1][p] += dy[e];
            sums[2][p] += product * product;
            sums[3][p] += static_cast<Real>(dy[e]) * dy[e];
        }
        dgamma.assign(sums[0].begin(), sums[0].end());
        dbeta.assign(sums[1].begin(), sums[1].end());
        for (const Real s : sums[2]) dgamma_terms.push_back(static_cast<double>(std::sqrt(s)));
        for (const Real s : sums[3]) dbeta_terms.push_back(static_cast<double>(std::sqrt(s)));
    }
};

}  // namespace

Result oracle_forward(const Case &problem) {
    const Walk walk(problem);
    const int64_t R = walk.view.elements_per_statistic;
    Result result;
    measure(walk, result.saved_mean, result.saved_variance);
    result.shrunk_mean = walk.by_group(result.saved_mean, [&](const Vector &theta, size_t first) {
        return shrink(walk.mean_shrinkage(R), theta, walk.group_of(result.saved_variance, first));
    });
    result.shrunk_variance = walk.by_group(result.saved_variance, [&](const Vector &theta, size_t) {
        return shrink(walk.variance_shrinkage(R), theta, theta);
    });
    const Vector rstd = reciprocal_deviations(result.shrunk_variance, problem.epsilon);
    Vector spread;
    for (size_t k = 0; k < rstd.size(); ++k)
        spread.push_back(std::max(1.0, std::sqrt(result.saved_variance[k]) * rstd[k]));
    apply(walk, result.shrunk_mean, rstd, spread, result.y, result.preactivation, result.y_terms);
    update_running(walk, result);
    return result;
}

Result oracle_inference(const Case &problem) {
    Result result;
    if (!is_batch_kind(problem.kind)) {
        const Result trained = oracle_forward(problem);
        result.y_inference = trained.y;
        result.preactivation_inference = trained.preactivation;
        result.y_inference_terms = trained.y_terms;
        return result;
    }
    const Walk walk(problem);
    Vector mean, variance;
    fixed_statistics(walk, mean, variance);
    const Vector rstd = reciprocal_deviations(variance, problem.epsilon);
    const Vector spread(rstd.size(), 1);
    apply(walk, mean, rstd, spread, result.y_inference, result.preactivation_inference,
          result.y_inference_terms);
    return result;
}

Result oracle_backward(const Case &problem) {
    Result result = oracle_forward(problem);
    const Walk walk(problem);
    const auto R = static_cast<Real>(walk.view.elements_per_statistic);
    const Vector rstd = reciprocal_deviations(result.shrunk_variance, problem.epsilon);
    const Vector dy = gated(walk, result.preactivation);
    result.dz = dy;
    const ParameterGradients parameters(walk, dy, result.shrunk_mean, rstd);
    result.dgamma = parameters.dgamma;
    result.dbeta = parameters.dbeta;
    result.dgamma_terms = parameters.dgamma_terms;
    result.dbeta_terms = parameters.dbeta_terms;

    // g1_k = sum gamma*dy, h_k = sum gamma*dy*xhat; u = dL/dmuJS, w = dL/dvJS.
    std::vector<Real> g1(walk.statistics()), h(walk.statistics());
    for (size_t e = 0; e < walk.elements(); ++e) {
        const size_t k = walk.k(e);
        const Real product = static_cast<Real>(walk.gamma(e)) * dy[e];
        g1[k] += product;
        h[k] += product * standardized(problem.x[e], result.shrunk_mean[k], rstd[k]);
    }
    Vector u, w;
    for (size_t k = 0; k < walk.statistics(); ++k) {
        u.push_back(static_cast<double>(-rstd[k] * g1[k]));
        w.push_back(static_cast<double>(-rstd[k] * rstd[k] * h[k] / 2));
    }
    const int64_t count = walk.view.elements_per_statistic;
    const Shrinkage of_mean = walk.mean_shrinkage(count);
    const Shrinkage of_variance = walk.variance_shrinkage(count);
    const Vector dmu = walk.by_group(result.saved_mean, [&](const Vector &theta, size_t first) {
        const Vector variances = walk.group_of(result.saved_variance, first);
        return shrink_gradient(of_mean, theta, variances, walk.group_of(u, first));
    });
    const Vector dv = walk.by_group(result.saved_variance, [&](const Vector &theta, size_t first) {
        Vector slope = shrink_gradient(of_variance, theta, theta, walk.group_of(w, first));
        const double by_noise = noise_gradient(of_mean, walk.group_of(result.saved_mean, first),
                                               theta, walk.group_of(u, first));
        for (double &entry : slope) entry += by_noise;
        return slope;
    });

    // dx = gamma*rstd*dy + dmu/R + 2*dv*(x-mu)/R, and 0 where rstd is 0.
    for (size_t e = 0; e < walk.elements(); ++e) {
        const size_t k = walk.k(e);
        const Real direct = static_cast<Real>(walk.gamma(e)) * rstd[k] * dy[e];
        const Real by_mean = dmu[k] / R;
        const Real by_variance =
            2 * dv[k] * (problem.x[e] - static_cast<Real>(result.saved_mean[k])) / R;
        result.dx.push_back(rstd[k] == 0 ? 0 : static_cast<double>(direct + by_mean + by_variance));
        result.dx_terms.push_back(static_cast<double>(
            std::max({std::abs(direct), std::abs(by_mean), std::abs(by_variance)})));
    }
    return result;
}

Result oracle_backward_fixed(const Case &problem) {
    if (!is_batch_kind(problem.kind)) throw std::invalid_argument("fixed statistics: batch kinds");
    Result result = oracle_inference(problem);
    const Walk walk(problem);
    Vector mean, variance;
    fixed_statistics(walk, mean, variance);
    const Vector rstd = reciprocal_deviations(variance, problem.epsilon);
    const Vector dy = gated(walk, result.preactivation_inference);
    result.dz_fixed = dy;
    for (size_t e = 0; e < walk.elements(); ++e)
        result.dx_fixed.push_back(walk.gamma(e) * rstd[walk.k(e)] * dy[e]);
    const ParameterGradients parameters(walk, dy, mean, rstd);
    result.dgamma_fixed = parameters.dgamma;
    result.dbeta_fixed = parameters.dbeta;
    result.dgamma_fixed_terms = parameters.dgamma_terms;
    result.dbeta_fixed_terms = parameters.dbeta_terms;
    return result;
}

Result oracle(const Case &problem) {
    const bool has_dy = problem.dy.size() == problem.x.size();
    Result result = has_dy ? oracle_backward(problem) : oracle_forward(problem);
    const bool batch = is_batch_kind(problem.kind);
    if (batch && problem.running_mean.empty()) return result;
    Result fixed = batch && has_dy ? oracle_backward_fixed(problem) : oracle_inference(problem);
    result.y_inference = std::move(fixed.y_inference);
    result.preactivation_inference = std::move(fixed.preactivation_inference);
    result.y_inference_terms = std::move(fixed.y_inference_terms);
    result.dx_fixed = std::move(fixed.dx_fixed);
    result.dgamma_fixed = std::move(fixed.dgamma_fixed);
    result.dbeta_fixed = std::move(fixed.dbeta_fixed);
    result.dz_fixed = std::move(fixed.dz_fixed);
    result.dgamma_fixed_terms = std::move(fixed.dgamma_fixed_terms);
    result.dbeta_fixed_terms = std::move(fixed.dbeta_fixed_terms);
    return result;
}

}  // namespace jsnorm::test
