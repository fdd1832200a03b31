// SPDX-License-Identifier: Apache-2.0
#include "bench/reference.hpp"

#include <algorithm>
#include <cmath>

#include "bench/values.hpp"

namespace jsnorm::bench {

namespace {

constexpr double kEpsilon = 1e-5;

// docs/math.md, section 2: s for the entries [begin, begin + count), and section 3: what s does to
// a gradient d of the shrunk vector.
struct JamesStein {
    double factor = 1, ratio = 0, kappa = 0;
    JamesStein(const double *theta, int64_t count) {
        double sum = 0, squares = 0;
        for (int64_t k = 0; k < count; ++k) {
            sum += theta[k];
            squares += theta[k] * theta[k];
        }
        if (count < 3 || squares == 0) return;
        const auto n = static_cast<double>(count);
        ratio = sum / squares;
        factor = (2 + (n - 2) * (sum * ratio / n)) / n;
        kappa = 2 * ((n - 2) / n) * ratio / n;
    }
    void differentiate(const double *theta, double *d, int64_t count) const {
        double dot = 0;
        for (int64_t k = 0; k < count; ++k) dot += d[k] * theta[k];
        for (int64_t k = 0; k < count; ++k)
            d[k] = factor * d[k] + dot * kappa * (1 - ratio * theta[k]);
    }
};

// docs/math.md, section 5: f of SAMPLING for one vector, towards its mean, and what f does to a
// gradient d of the shrunk vector.
struct Sampling {
    double kept = 1, centre = 0, squares = 0, noise = 0;  // f, c, Q, tau^2
    bool acts = false;
    Sampling(const std::vector<double> &theta, double sampling_variance)
        : noise(sampling_variance) {
        const auto n = static_cast<double>(theta.size());
        for (const double value : theta) centre += value / n;
        for (const double value : theta) squares += (value - centre) * (value - centre);
        acts = theta.size() >= 4;
        if (acts) kept = squares == 0 ? 0 : std::max(0.0, 1 - (n - 3) * noise / squares);
    }
    double shrink(double value) const { return centre + kept * (value - centre); }
    // Returns the gradient of the noise.
    double differentiate(const std::vector<double> &theta, std::vector<double> &d) const {
        if (!acts) return 0;
        const auto n = static_cast<double>(theta.size());
        double sum = 0, products = 0;
        for (size_t k = 0; k < d.size(); ++k) {
            sum += d[k];
            products += d[k] * (theta[k] - centre);
        }
        const double moves = kept > 0 && squares > 0 ? 1 : 0;
        for (size_t k = 0; k < d.size(); ++k) {
            d[k] = kept * d[k] + (1 - kept) * sum / n;
            if (moves != 0) d[k] += products * 2 * (1 - kept) / squares * (theta[k] - centre);
        }
        return moves != 0 ? -products * (n - 3) / squares : 0;
    }
};

// Both vectors of one group of statistics.
struct SamplingPair {
    std::vector<double> means, unbiased;
    double elements;
    Sampling of_means, of_variances;

    SamplingPair(const double *mean, const double *variance, int64_t count, double n)
        : means(mean, mean + count),
          unbiased(variance, variance + count),
          elements(n),
          of_means(means, scaled_and_averaged(unbiased, n / (n - 1), 1 / n)),
          of_variances(unbiased, squares_averaged(unbiased, 2 / (n + 1))) {}

    // The biased variance again.
    double shrink_variance(size_t k) const {
        return (elements - 1) / elements * of_variances.shrink(unbiased[k]);
    }

    void differentiate(double *d_mean, double *d_variance) const {
        const size_t count = means.size();
        const auto k = static_cast<double>(count);
        std::vector<double> u(d_mean, d_mean + count), w(d_variance, d_variance + count);
        for (double &value : w) value *= (elements - 1) / elements;
        const double by_means = of_means.differentiate(means, u);
        const double by_variances = of_variances.differentiate(unbiased, w);
        for (size_t i = 0; i < count; ++i) {
            w[i] +=
                by_means / (k * elements) + by_variances * 4 * unbiased[i] / ((elements + 1) * k);
            d_mean[i] = u[i];
            d_variance[i] = w[i] * elements / (elements - 1);
        }
    }

  private:
    // Makes the values unbiased variances; the mean's sampling variance.
    static double scaled_and_averaged(std::vector<double> &values, double factor, double weight) {
        double sum = 0;
        for (double &value : values) sum += value *= factor;
        return weight * sum / static_cast<double>(values.size());
    }
    static double squares_averaged(const std::vector<double> &values, double weight) {
        double sum = 0;
        for (const double value : values) sum += value * value;
        return weight * sum / static_cast<double>(values.size());
    }
};

// Two sums per statistic or parameter, taken over the whole tensor by all threads: `add` receives
// the element's place (row = outer*statistics + k, i = inner) and where its sums are.
struct PairOfSums {
    std::vector<double> first, second;
    explicit PairOfSums(int64_t count)
        : first(static_cast<size_t>(count)), second(static_cast<size_t>(count)) {}
};

// by_inner: the sums belong to `inner`, as the parameters of a layer norm do.
template <typename Add>
PairOfSums sum_over(const View &view, bool by_inner, Add add) {
    const int64_t count = by_inner ? view.inner : view.statistics;
    PairOfSums total(count);
    const int64_t rows = view.outer * view.statistics;
#pragma omp parallel
    {
        PairOfSums mine(count);
#pragma omp for schedule(static) nowait
        for (int64_t row = 0; row < rows; ++row) {
            const int64_t k = row % view.statistics;
            for (int64_t i = 0; i < view.inner; ++i) {
                const auto place = static_cast<size_t>(by_inner ? i : k);
                add(row * view.inner + i, k, i, mine.first[place], mine.second[place]);
            }
        }
#pragma omp critical
        for (size_t i = 0; i < total.first.size(); ++i) {
            total.first[i] += mine.first[i];
            total.second[i] += mine.second[i];
        }
    }
    return total;
}

double largest(const std::vector<double> &values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
}

}  // namespace

Reference::Reference(const Case &which, Tensors &tensors) : which_(which), view_(which.view()) {
    with_type(which.type, [&](auto *type) {
        using T = std::remove_pointer_t<decltype(type)>;
        if (which.direction == Direction::kInference) {
            mean_.assign(tensors.running_mean.begin(), tensors.running_mean.end());
            variance_.assign(tensors.running_variance.begin(), tensors.running_variance.end());
        } else {
            measure<T>(tensors);
        }
        tensors.saved_mean = mean_;
        tensors.saved_variance = variance_;
        for (const Estimator estimator : kEstimators) shrink(estimator);
        if (which.direction != Direction::kBackward) return;
        if (which.fusion == Fusion::kAddRelu) silence_near_zero<T>(tensors);
        for (const Estimator estimator : kEstimators) differentiate<T>(tensors, estimator);
    });
}

// The fill keeps mean/deviation below 2, where sums of squares in double lose nothing that shows.
template <typename T>
void Reference::measure(const Tensors &tensors) {
    const T *x = reinterpret_cast<const T *>(tensors.first().x);
    const PairOfSums sums =
        sum_over(view_, false, [x](int64_t e, int64_t, int64_t, double &sum, double &squares) {
            const double value = value_of(x[e]);
            sum += value;
            squares += value * value;
        });
    const auto n = static_cast<double>(view_.per_statistic(which_.shape.layer));
    for (size_t k = 0; k < sums.first.size(); ++k) {
        mean_.push_back(sums.first[k] / n);
        variance_.push_back(std::max(0.0, sums.second[k] / n - mean_[k] * mean_[k]));
    }
}

// Running statistics are used as they are: shrinkage happened when they were made.
void Reference::shrink(Estimator estimator) {
    Coefficients &coefficients = of(estimator);
    coefficients.shrunk = mean_;
    std::vector<double> variance = variance_;
    const int64_t count = view_.statistics / view_.groups;
    const auto n = static_cast<double>(view_.per_statistic(which_.shape.layer));
    const bool shrinks = estimator != Estimator::kNone && which_.direction != Direction::kInference;
    for (int64_t g = 0; shrinks && g < view_.groups; ++g) {
        const auto first = static_cast<size_t>(g * count);
        const auto end = first + static_cast<size_t>(count);
        if (estimator == Estimator::kSampling) {
            const SamplingPair pair(&mean_[first], &variance_[first], count, n);
            for (size_t k = first; k < end; ++k) {
                coefficients.shrunk[k] = pair.of_means.shrink(mean_[k]);
                variance[k] = pair.shrink_variance(k - first);
            }
            continue;
        }
        const JamesStein of_mean(&mean_[first], count), of_variance(&variance_[first], count);
        for (size_t k = first; k < end; ++k) {
            coefficients.shrunk[k] *= of_mean.factor;
            variance[k] *= of_variance.factor;
        }
    }
    coefficients.rstd.clear();
    for (const double v : variance) coefficients.rstd.push_back(1 / std::sqrt(v + kEpsilon));
}

void Reference::differentiate_shrinkage(Estimator estimator, std::vector<double> &of_mean,
                                        std::vector<double> &of_variance) const {
    if (estimator == Estimator::kNone) return;
    const int64_t count = view_.statistics / view_.groups;
    const auto n = static_cast<double>(view_.per_statistic(which_.shape.layer));
    for (int64_t g = 0; g < view_.groups; ++g) {
        const auto first = static_cast<size_t>(g * count);
        const double *mean = &mean_[first], *variance = &variance_[first];
        if (estimator == Estimator::kSampling) {
            SamplingPair(mean, variance, count, n)
                .differentiate(&of_mean[first], &of_variance[first]);
        } else {
            JamesStein(mean, count).differentiate(mean, &of_mean[first], count);
            JamesStein(variance, count).differentiate(variance, &of_variance[first], count);
        }
    }
}

template <typename T>
void Reference::silence_near_zero(const Tensors &tensors) {
    const bool by_inner = which_.shape.layer == Layer::kLayer;
    const int64_t rows = view_.outer * view_.statistics;
    const double margin = 2 * tolerance_of_peers(which_.type).element;
    for (const TensorSet &set : tensors.sets()) {
        const T *x = reinterpret_cast<const T *>(set.x);
        const T *z = reinterpret_cast<const T *>(set.z);
        T *dy = reinterpret_cast<T *>(set.dy);
#pragma omp parallel for schedule(static)
        for (int64_t row = 0; row < rows; ++row) {
            const auto k = static_cast<size_t>(row % view_.statistics);
            for (int64_t i = 0; i < view_.inner; ++i) {
                const int64_t e = row * view_.inner + i;
                const size_t p = by_inner ? static_cast<size_t>(i) : k;
                for (const Estimator estimator : kEstimators) {
                    const Coefficients *c = &of(estimator);
                    const double xhat = (value_of(x[e]) - c->shrunk[k]) * c->rstd[k];
                    const double pre = tensors.gamma[p] * xhat + tensors.beta[p] + value_of(z[e]);
                    if (std::abs(pre) < margin * (1 + std::abs(xhat))) dy[e] = T{};
                }
            }
        }
    }
}

template <typename T>
void Reference::differentiate(const Tensors &tensors, Estimator estimator) {
    Coefficients &c = of(estimator);
    const TensorSet &set = tensors.first();
    const T *x = reinterpret_cast<const T *>(set.x);
    const T *z = reinterpret_cast<const T *>(set.z);
    const T *dy = reinterpret_cast<const T *>(set.dy);
    const bool by_inner = which_.shape.layer == Layer::kLayer;
    const bool fused = which_.fusion == Fusion::kAddRelu;
    const auto place = [by_inner](int64_t k, int64_t i) {
        return static_cast<size_t>(by_inner ? i : k);
    };
    const auto xhat = [&](int64_t e, int64_t k) {
        return (value_of(x[e]) - c.shrunk[static_cast<size_t>(k)]) * c.rstd[static_cast<size_t>(k)];
    };
    const auto gated = [&](int64_t e, int64_t k, int64_t i) -> double {
        if (!fused) return value_of(dy[e]);
        const double pre = tensors.gamma[place(k, i)] * xhat(e, k) + tensors.beta[place(k, i)];
        return pre + value_of(z[e]) > 0 ? value_of(dy[e]) : 0;
    };
    PairOfSums parameters = sum_over(
        view_, by_inner, [&](int64_t e, int64_t k, int64_t i, double &dgamma, double &dbeta) {
            const double d = gated(e, k, i);
            dgamma += d * xhat(e, k);
            dbeta += d;
        });
    c.dgamma = std::move(parameters.first);
    c.dbeta = std::move(parameters.second);
    c.largest_dgamma = largest(c.dgamma);
    c.largest_dbeta = largest(c.dbeta);
    // h and g1 of section 3, then u and w.
    PairOfSums d =
        sum_over(view_, false, [&](int64_t e, int64_t k, int64_t i, double &w, double &u) {
            const double weighted = gated(e, k, i) * tensors.gamma[place(k, i)];
            w += weighted * xhat(e, k);
            u += weighted;
        });
    for (size_t k = 0; k < c.rstd.size(); ++k) {
        d.second[k] *= -c.rstd[k];
        d.first[k] *= -0.5 * c.rstd[k] * c.rstd[k];
    }
    differentiate_shrinkage(estimator, d.second, d.first);
    const auto n = static_cast<double>(view_.per_statistic(which_.shape.layer));
    c.constant.resize(c.rstd.size());
    c.slope.resize(c.rstd.size());
    for (size_t k = 0; k < c.rstd.size(); ++k) {
        c.constant[k] = d.second[k] / n;
        c.slope[k] = 2 * d.first[k] / n;
    }
}

}  // namespace jsnorm::bench
