// SPDX-License-Identifier: Apache-2.0
// How far a contestant's results are from the reference, and how far they may be.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench/reference.hpp"
#include "bench/values.hpp"

namespace jsnorm::bench {

namespace {

std::string describe(const char *what, int64_t where, double got, double expected) {
    char text[160];
    std::snprintf(text, sizeof text, "%s[%lld] is %.7g, expected %.7g", what,
                  static_cast<long long>(where), got, expected);
    return text;
}

}  // namespace

// Rounding of the results in their type, with room for the arithmetic before it.
Tolerance tolerance_of_library(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_HALF:
            return {1e-3, 1e-3};
        case JSNORM_BFLOAT16:
            return {8e-3, 1e-3};
        default:
            return {1e-5, 1e-3};
    }
}

Tolerance tolerance_of_peers(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_HALF:
            return {4e-3, 5e-2};
        case JSNORM_BFLOAT16:
            return {3e-2, 2e-1};
        default:
            return {2e-3, 1e-2};
    }
}

template <typename T>
Agreement Reference::compare(const Tensors &tensors, const Coefficients &c) const {
    const TensorSet &set = tensors.first();
    const T *x = reinterpret_cast<const T *>(set.x);
    const T *z = reinterpret_cast<const T *>(set.z);
    const T *dy = reinterpret_cast<const T *>(set.dy);
    const T *out = reinterpret_cast<const T *>(set.out);
    const T *dz = reinterpret_cast<const T *>(set.dz);
    const bool by_inner = which_.shape.layer == Layer::kLayer;
    const bool fused = which_.fusion == Fusion::kAddRelu;
    const bool backward = which_.direction == Direction::kBackward;
    const int64_t rows = view_.outer * view_.statistics;
    Agreement all;
#pragma omp parallel
    {
        Agreement mine;
        const auto judge = [&mine](const char *what, int64_t e, double got, double expected,
                                   double size) {
            const double error = std::abs(got - expected) / size;
            if (error <= mine.element) return;  // false for NaN
            mine.element = std::isnan(error) ? INFINITY : error;
            mine.where = describe(what, e, got, expected);
        };
#pragma omp for schedule(static) nowait
        for (int64_t row = 0; row < rows; ++row) {
            const auto k = static_cast<size_t>(row % view_.statistics);
            for (int64_t i = 0; i < view_.inner; ++i) {
                const int64_t e = row * view_.inner + i;
                const size_t p = by_inner ? static_cast<size_t>(i) : k;
                const double xhat = (value_of(x[e]) - c.shrunk[k]) * c.rstd[k];
                double y = tensors.gamma[p] * xhat + tensors.beta[p];
                if (fused) y = std::max(0.0, y + value_of(z[e]));
                if (!backward) {
                    judge("y", e, value_of(out[e]), y, 1 + std::abs(xhat));
                    continue;
                }
                const double d = fused && y == 0 ? 0 : value_of(dy[e]);
                const double slope = c.slope[k] * (value_of(x[e]) - mean_[k]);
                const double dx = tensors.gamma[p] * c.rstd[k] * d + c.constant[k] + slope;
                judge("dx", e, value_of(out[e]), dx,
                      c.rstd[k] * (1 + std::abs(d)) + std::abs(slope));
                if (fused) judge("dz", e, value_of(dz[e]), d, 1 + std::abs(d));
            }
        }
#pragma omp critical
        if (mine.element > all.element) all = mine;
    }
    if (!backward) return all;
    const auto worst = [](const std::vector<float> &got, const std::vector<double> &expected,
                          double most) {
        double error = 0;
        for (size_t p = 0; p < expected.size(); ++p) {
            const double one = std::abs(got[p] - expected[p]) / most;
            if (!(one <= error)) error = std::isnan(one) ? INFINITY : one;
        }
        return error;
    };
    all.parameter = std::max(worst(tensors.dgamma, c.dgamma, 1 + c.largest_dgamma),
                             worst(tensors.dbeta, c.dbeta, 1 + c.largest_dbeta));
    return all;
}

Agreement Reference::agreement(const Tensors &tensors, Estimator estimator) const {
    return with_type(which_.type, [&](auto *type) {
        using T = std::remove_pointer_t<decltype(type)>;
        return compare<T>(tensors, of(estimator));
    });
}

}  // namespace jsnorm::bench
