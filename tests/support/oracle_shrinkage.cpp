// SPDX-License-Identifier: Apache-2.0

#include "tests/support/oracle_shrinkage.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace jsnorm::test {
namespace {

using Real = long double;
using Vector = std::vector<double>;

// James-Stein with a general constant: theta * (1 - q * Var(theta) / |theta|^2), section 2 with the
// constant of section 5.
struct Stein {
    Real K, q, A = 0, Q = 0, s = 1;

    Stein(const Vector &theta, Real constant) : K(static_cast<Real>(theta.size())), q(constant) {
        for (const double t : theta) A += t, Q += static_cast<Real>(t) * t;
        if (Q == 0) return;
        Real rho = A * A / (K * Q);
        if (rho > 1) rho = 1;  // by rounding; written so that a NaN stays one
        s = 1 - q / K * (1 - rho);
    }
};

Vector stein(const Vector &theta, Real constant) {
    const Stein sums(theta, constant);
    Vector result;
    for (const double t : theta) result.push_back(static_cast<double>(sums.s * t));
    return result;
}

// Section 3: dtheta_k = s*d_k + D*kappa*(1 - (A/Q)*theta_k).
Vector stein_gradient(const Vector &theta, Real constant, const Vector &d) {
    const Stein sums(theta, constant);
    if (sums.Q == 0) return d;  // s = 1 with a zero derivative
    Real D = 0;
    for (size_t k = 0; k < theta.size(); ++k) D += static_cast<Real>(d[k]) * theta[k];
    const Real kappa = 2 * (sums.q / sums.K) * (sums.A / sums.Q) / sums.K;
    Vector result;
    for (size_t k = 0; k < theta.size(); ++k)
        result.push_back(
            static_cast<double>(sums.s * d[k] + D * kappa * (1 - sums.A / sums.Q * theta[k])));
    return result;
}

Real sum_of(const Vector &values) {
    Real sum = 0;
    for (const double value : values) sum += value;
    return sum;
}

Vector scaled(const Vector &values, Real factor) {
    Vector result;
    for (const double value : values) result.push_back(static_cast<double>(factor * value));
    return result;
}

// STEIN_CORRECTED of a variance: a*v + b with b = M * geometric mean of max(v, eps).
struct GeometricTarget {
    Real a, b;

    GeometricTarget(const Shrinkage &how, const Vector &v) {
        const auto K = static_cast<Real>(v.size());
        const auto R = static_cast<Real>(how.elements_per_statistic);
        a = R / (R + 1);
        const Real M = 4 * (K - 1) * R / ((R + 1) * ((R - 1) * K + 2));
        Real logarithms = 0;
        for (const double value : v)  // the comparison lets NaN through
            logarithms += std::log(value <= how.epsilon ? static_cast<Real>(how.epsilon) : value);
        b = M * std::exp(logarithms / K);  // log 0 = -inf makes it 0
    }
};

Real threshold_of(const Shrinkage &how) {
    return how.of == Shrinkage::Of::Mean
               ? how.lambda / (2 * static_cast<Real>(how.elements_per_statistic))
               : static_cast<Real>(how.lambda) / 2;
}

Real ridge_factor(const Shrinkage &how) {
    const auto R = static_cast<Real>(how.elements_per_statistic);
    return how.of == Shrinkage::Of::Mean ? R / (R + how.lambda) : 1 / (1 + how.lambda);
}

Real stein_constant(const Shrinkage &how, size_t statistics) {
    const auto K = static_cast<Real>(statistics);
    return how.estimator == JSNORM_ESTIMATOR_JAMES_STEIN ? K - 2 : (K - 2) * K / (K + 1);
}

// Section 5, SAMPLING: towards the mean c of theta by f = max(0, 1 - (K-3) tau2/Q), with tau2 the
// average over k of the sampling variances: u/R' of a mean, 2u^2/(R'+1) of a variance.
struct Sampling {
    Real K, unbias, independent, c = 0, Q = 0, tau2 = 0, f = 1, uncut = 1;
    bool constant = false;  // f does not change with theta

    Sampling(const Shrinkage &how, const Vector &theta, const Vector &variances)
        : K(static_cast<Real>(theta.size())) {
        const auto R = static_cast<Real>(how.elements_per_statistic);
        const bool mean = how.of == Shrinkage::Of::Mean;
        unbias = how.unbiased ? 1 : R / (R - 1);
        independent = how.effective_fraction * R;
        const Real unit = mean ? 1 : unbias;  // what is shrunk is theta times it
        for (const double t : theta) c += unit * t / K;
        for (const double t : theta) Q += (unit * t - c) * (unit * t - c);
        for (const double v : variances) {
            const Real u = unbias * v;
            tau2 += (mean ? u / independent : 2 * u * u / (independent + 1)) / K;
        }
        if (Q == 0) {
            constant = true;
            f = tau2 > 0 ? 0 : 1 - tau2;  // a NaN stays
        } else {
            uncut = f = 1 - (K - 3) * tau2 / Q;
            constant = f <= 0;
            if (constant) f = 0;
        }
    }

    // unit: what theta was multiplied by.
    Real D(const Vector &theta, const Vector &d, Real unit) const {
        Real sum = 0;
        for (size_t k = 0; k < theta.size(); ++k) sum += d[k] * (unit * theta[k] - c);
        return sum;
    }
};

Vector sampling(const Shrinkage &how, const Vector &theta, const Vector &variances) {
    const Sampling sums(how, theta, variances);
    const Real unit = how.of == Shrinkage::Of::Mean ? 1 : sums.unbias;
    Vector result;
    for (const double t : theta)
        result.push_back(static_cast<double>((sums.c + sums.f * (unit * t - sums.c)) / unit));
    return result;
}

// Variances reach their own noise as well: dtau2/du_k = 4u_k/((R'+1)K).
Vector sampling_gradient(const Shrinkage &how, const Vector &theta, const Vector &variances,
                         const Vector &d) {
    const Sampling sums(how, theta, variances);
    const bool mean = how.of == Shrinkage::Of::Mean;
    const Real unit = mean ? 1 : sums.unbias;  // cancels: d is divided by it, du/dv is it
    const Real D = sums.constant ? 0 : sums.D(theta, d, unit);
    Real average = 0;
    for (const double entry : d) average += entry / sums.K;
    Vector result;
    for (size_t k = 0; k < theta.size(); ++k) {
        const Real t = unit * theta[k];
        Real slope = sums.f * d[k] + (1 - sums.f) * average;
        if (!sums.constant) {
            slope += D * 2 * (1 - sums.f) / sums.Q * (t - sums.c);
            if (!mean)
                slope -= D * (sums.K - 3) / sums.Q * 4 * t / ((sums.independent + 1) * sums.K);
        }
        result.push_back(static_cast<double>(slope));
    }
    return result;
}

// Below its minimum K or R an estimator is NONE.
jsnormEstimator_t effective(const Shrinkage &how, size_t statistics) {
    const bool stein_like =
        how.estimator == JSNORM_ESTIMATOR_JAMES_STEIN ||
        (how.estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED && how.of == Shrinkage::Of::Mean);
    if (stein_like && statistics < 3) return JSNORM_ESTIMATOR_NONE;
    if (how.estimator == JSNORM_ESTIMATOR_GRAND_MEAN && statistics < 4)
        return JSNORM_ESTIMATOR_NONE;
    if (how.estimator == JSNORM_ESTIMATOR_SAMPLING &&
        (statistics < 4 || how.elements_per_statistic < 2))
        return JSNORM_ESTIMATOR_NONE;
    return how.estimator;
}

}  // namespace

Vector shrink(const Shrinkage &how, const Vector &theta, const Vector &variances) {
    if (how.elements_per_statistic == 0 || theta.empty()) return theta;
    const auto K = static_cast<Real>(theta.size());
    Vector result = theta;
    switch (effective(how, theta.size())) {
        case JSNORM_ESTIMATOR_NONE:
            return theta;
        case JSNORM_ESTIMATOR_JAMES_STEIN:
            return stein(theta, stein_constant(how, theta.size()));
        case JSNORM_ESTIMATOR_GRAND_MEAN: {
            const Real mean = sum_of(theta) / K;
            for (double &t : result) t = static_cast<double>(mean + 3 / K * (t - mean));
            return result;
        }
        case JSNORM_ESTIMATOR_STEIN_CORRECTED: {
            if (how.of == Shrinkage::Of::Mean)
                return stein(theta, stein_constant(how, theta.size()));
            const GeometricTarget target(how, theta);
            for (double &t : result) t = static_cast<double>(target.a * t + target.b);
            return result;
        }
        case JSNORM_ESTIMATOR_RIDGE:
            return scaled(theta, ridge_factor(how));
        case JSNORM_ESTIMATOR_LASSO: {
            const Real threshold = threshold_of(how);
            for (double &t : result) {
                const Real beyond = std::abs(static_cast<Real>(t)) - threshold;
                t = beyond <= 0 ? 0
                                : static_cast<double>(std::copysign(beyond, static_cast<Real>(t)));
            }
            return result;
        }
        case JSNORM_ESTIMATOR_SAMPLING:
            return sampling(how, theta, variances);
        default:
            throw std::invalid_argument("estimator");
    }
}

Vector shrink_gradient(const Shrinkage &how, const Vector &theta, const Vector &variances,
                       const Vector &d) {
    if (how.elements_per_statistic == 0 || theta.empty()) return d;
    const auto K = static_cast<Real>(theta.size());
    Vector result = d;
    switch (effective(how, theta.size())) {
        case JSNORM_ESTIMATOR_NONE:
            return d;
        case JSNORM_ESTIMATOR_JAMES_STEIN:
            return stein_gradient(theta, stein_constant(how, theta.size()), d);
        case JSNORM_ESTIMATOR_GRAND_MEAN: {
            const Real s = 3 / K;
            const Real mean = sum_of(d) / K;
            for (double &entry : result) entry = static_cast<double>(s * entry + (1 - s) * mean);
            return result;
        }
        case JSNORM_ESTIMATOR_STEIN_CORRECTED: {
            if (how.of == Shrinkage::Of::Mean)
                return stein_gradient(theta, stein_constant(how, theta.size()), d);
            const GeometricTarget target(how, theta);
            const Real sum = sum_of(d);
            for (size_t k = 0; k < theta.size(); ++k) {
                Real entry = target.a * d[k];
                if (!(theta[k] <= how.epsilon)) entry += target.b * sum / (K * theta[k]);
                result[k] = static_cast<double>(entry);
            }
            return result;
        }
        case JSNORM_ESTIMATOR_RIDGE:
            return scaled(d, ridge_factor(how));
        case JSNORM_ESTIMATOR_LASSO: {
            const Real threshold = threshold_of(how);
            for (size_t k = 0; k < theta.size(); ++k)
                if (std::abs(static_cast<Real>(theta[k])) <= threshold) result[k] = 0;
            return result;
        }
        case JSNORM_ESTIMATOR_SAMPLING:
            return sampling_gradient(how, theta, variances, d);
        default:
            throw std::invalid_argument("estimator");
    }
}

double sampling_factor(const Shrinkage &how, const Vector &theta, const Vector &variances) {
    if (effective(how, theta.size()) != JSNORM_ESTIMATOR_SAMPLING) return 1;
    return static_cast<double>(Sampling(how, theta, variances).uncut);
}

double noise_gradient(const Shrinkage &how, const Vector &means, const Vector &variances,
                      const Vector &d) {
    if (effective(how, means.size()) != JSNORM_ESTIMATOR_SAMPLING) return 0;
    const Sampling sums(how, means, variances);
    if (sums.constant) return 0;
    const Real by_u = -sums.D(means, d, 1) * (sums.K - 3) / (sums.Q * sums.K * sums.independent);
    return static_cast<double>(by_u * sums.unbias);
}

}  // namespace jsnorm::test
