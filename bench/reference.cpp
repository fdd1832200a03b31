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
        // Running statistics are used as they are: shrinkage happened when they were made.
        shrink(false, none_);
        shrink(which.direction != Direction::kInference, james_stein_);
        if (which.direction != Direction::kBackward) return;
        if (which.fusion == Fusion::kAddRelu) silence_near_zero<T>(tensors);
        differentiate<T>(tensors, none_);
        differentiate<T>(tensors, james_stein_);
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

void Reference::shrink(bool james_stein, Coefficients &coefficients) const {
    coefficients.shrunk = mean_;
    std::vector<double> variance = variance_;
    const int64_t count = view_.statistics / view_.groups;
    for (int64_t g = 0; james_stein && g < view_.groups; ++g) {
        const auto first = static_cast<size_t>(g * count);
        const JamesStein of_mean(&mean_[first], count), of_variance(&variance_[first], count);
        for (size_t k = first; k < first + static_cast<size_t>(count); ++k) {
            coefficients.shrunk[k] *= of_mean.factor;
            variance[k] *= of_variance.factor;
        }
    }
    coefficients.rstd.clear();
    for (const double v : variance) coefficients.rstd.push_back(1 / std::sqrt(v + kEpsilon));
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
                for (const auto *c : {&none_, &james_stein_}) {
                    const double xhat = (value_of(x[e]) - c->shrunk[k]) * c->rstd[k];
                    const double pre = tensors.gamma[p] * xhat + tensors.beta[p] + value_of(z[e]);
                    if (std::abs(pre) < margin * (1 + std::abs(xhat))) dy[e] = T{};
                }
            }
        }
    }
}

template <typename T>
void Reference::differentiate(const Tensors &tensors, Coefficients &c) const {
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
    if (&c == &james_stein_) {
        const int64_t count = view_.statistics / view_.groups;
        for (int64_t g = 0; g < view_.groups; ++g) {
            const auto first = static_cast<size_t>(g * count);
            JamesStein(&mean_[first], count).differentiate(&mean_[first], &d.second[first], count);
            JamesStein(&variance_[first], count)
                .differentiate(&variance_[first], &d.first[first], count);
        }
    }
    const auto n = static_cast<double>(view_.per_statistic(which_.shape.layer));
    c.constant.resize(c.rstd.size());
    c.slope.resize(c.rstd.size());
    for (size_t k = 0; k < c.rstd.size(); ++k) {
        c.constant[k] = d.second[k] / n;
        c.slope[k] = 2 * d.first[k] / n;
    }
}

}  // namespace jsnorm::bench
