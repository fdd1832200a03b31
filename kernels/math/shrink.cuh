// SPDX-License-Identifier: Apache-2.0
// Every estimator, written once for host and device (docs/math.md, sections 2, 3 and 5). An
// estimator turns a vector theta of K statistics into a*theta + b, LASSO with a soft threshold on
// top; a and b come from sums over k. Its vector-Jacobian product needs two more sums over k. So
// there are two steps each way:
//
//     sums over k  -> make_shrinkage -> shrink(theta_k)
//     sums over k  -> own_gradient_factor(theta_k) * d_k + shared_gradient(theta_k)
//
// Everything is double: K-length sums in float are fatal. theta is scaled by a power of two so that
// its squares stay in range.
#pragma once

#include <limits>

#include "jsnorm/jsnorm.h"
#include "kernels/math/portable.cuh"

namespace jsnorm {

enum class StatisticKind { kMean, kVariance };

// What is estimated, and from how many numbers.
struct ShrinkageRule {
    jsnormEstimator_t estimator;
    StatisticKind statistic;
    double statistics;  // K
    double elements;    // R
    double lambda;
    double epsilon;
    double effective_fraction = 1;  // of R: as many elements as if they were independent
    bool unbiased = false;          // the variances are given with the divisor R-1, not R
};

// The estimator that acts: NONE where there are too few statistics to shrink, or too few elements
// to know their noise.
JSNORM_HD inline jsnormEstimator_t effective_estimator(jsnormEstimator_t estimator,
                                                       StatisticKind statistic, int64_t statistics,
                                                       double elements) {
    const bool stein_mean =
        estimator == JSNORM_ESTIMATOR_JAMES_STEIN ||
        (estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED && statistic == StatisticKind::kMean);
    if (stein_mean && statistics < 3) return JSNORM_ESTIMATOR_NONE;
    const bool towards_mean =
        estimator == JSNORM_ESTIMATOR_GRAND_MEAN || estimator == JSNORM_ESTIMATOR_SAMPLING;
    if (towards_mean && statistics < 4) return JSNORM_ESTIMATOR_NONE;
    if (estimator == JSNORM_ESTIMATOR_SAMPLING && !(elements >= 2)) return JSNORM_ESTIMATOR_NONE;
    return estimator;
}

// Whether the K statistics of a group influence each other, with elements enough.
JSNORM_HD inline bool couples(jsnormEstimator_t estimator, StatisticKind statistic,
                              int64_t statistics) {
    constexpr double kEnough = 2;
    const jsnormEstimator_t acting = effective_estimator(estimator, statistic, statistics, kEnough);
    return statistics > 1 &&
           (acting == JSNORM_ESTIMATOR_JAMES_STEIN || acting == JSNORM_ESTIMATOR_GRAND_MEAN ||
            acting == JSNORM_ESTIMATOR_STEIN_CORRECTED || acting == JSNORM_ESTIMATOR_SAMPLING);
}

// Which sums over k an estimator needs beside A and Q.
struct NeededSums {
    bool about_mean = false;  // Q is about the mean of theta, not about 0
    bool logs = false;
    bool variances = false;
};

JSNORM_HD inline NeededSums needed_sums(jsnormEstimator_t estimator, StatisticKind statistic) {
    const bool mean = statistic == StatisticKind::kMean;
    return {estimator == JSNORM_ESTIMATOR_SAMPLING,
            estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED && !mean,
            estimator == JSNORM_ESTIMATOR_SAMPLING && mean};
}

// Sums over k, of theta scaled.
struct ShrinkageSums {
    double scale = 1;        // power of two; theta*scale is at most 1 in size
    double sum = 0;          // A
    double sum_squares = 0;  // Q; of SAMPLING about the mean
    double others = 0;       // not scaled: of log(max(theta, epsilon)) for the variances of
                             // STEIN_CORRECTED, of the variances for the means of SAMPLING
};

// A power of two that brings values up to max_abs to 1 or below; 1 where there is nothing to scale.
JSNORM_HD inline double shrinkage_scale(double max_abs) {
    if (!(max_abs > 0) || std::isinf(max_abs)) return 1;
    int exponent = 0;
    std::frexp(max_abs, &exponent);
    return std::ldexp(1.0, exponent < -1000 ? 1000 : -exponent);
}

JSNORM_HD inline double floored_log(double variance, double epsilon) {
    return std::log(variance < epsilon ? epsilon : variance);
}

// An estimator with its sums taken in.
struct Shrinkage {
    jsnormEstimator_t estimator = JSNORM_ESTIMATOR_NONE;  // the acting one
    double a = 1;
    double b = 0;
    double threshold = 0;    // LASSO
    double scale = 1;        // Stein, SAMPLING
    double ratio = 0;        // Stein: A/Q, scaled
    double kappa = 0;        // Stein, SAMPLING: scaled
    double centre = 0;       // SAMPLING: the mean of theta, scaled
    double noise_slope = 0;  // SAMPLING: what the noise does to the factor, scaled
    double floor = 0;        // STEIN_CORRECTED variance: epsilon
    double statistics = 1;   // K
    bool is_variance = false;
};

// Towards 0 by s = (c + (K-2) rho) / (K-2 + c), rho = A^2/(KQ) in [0,1]: c = 2 is James and Stein,
// c = 3 the constant (K-2)K/(K+1) of STEIN_CORRECTED. It cannot cancel, and 0 < s <= 1.
JSNORM_HD inline void shrink_towards_zero(Shrinkage &shrinkage, const ShrinkageSums &sums,
                                          double c) {
    const double count = shrinkage.statistics;
    const double divisor = count - 2 + c;
    shrinkage.scale = sums.scale;
    if (sums.sum_squares == 0) return;  // theta = 0: s = 1, with derivative 0
    shrinkage.ratio = sums.sum / sums.sum_squares;
    double rho = (sums.sum / count) * shrinkage.ratio;
    if (rho > 1) rho = 1;  // rounding; a NaN stays
    shrinkage.a = (c + (count - 2) * rho) / divisor;
    shrinkage.kappa = 2 * ((count - 2) / divisor) * shrinkage.ratio / count;
}

// Towards the mean by f = max(0, 1 - (K-3) tau2/Q), tau2 the sampling variance of a statistic: for
// means u/R', for variances 2u^2/(R'+1), u the unbiased variance, averaged over k. Of variances f
// does not depend on a common factor, so that biased ones will do. f is the slope a.
JSNORM_HD inline void shrink_by_sampling_noise(Shrinkage &shrinkage, const ShrinkageRule &rule,
                                               const ShrinkageSums &sums) {
    const double count = rule.statistics;
    const double elements = rule.elements;
    const double independent = rule.effective_fraction * elements;
    const double squares = sums.sum_squares;
    const double centre = sums.sum / count;
    double weight = 0;
    double noise = 0;         // tau2, of variances scaled
    double scaled_noise = 0;  // of both
    if (shrinkage.is_variance) {
        weight = 2 / (independent + 1);
        noise = scaled_noise = weight * (squares / count + centre * centre);
    } else {
        weight = (rule.unbiased ? 1 : elements / (elements - 1)) / independent;
        noise = weight * (sums.others / count);
        scaled_noise = noise * sums.scale * sums.scale;
    }
    double kept = 1 - (count - 3) * scaled_noise / squares;
    if (squares == 0) kept = noise > 0 ? 0 : 1 - noise;  // equal entries: 1 where nothing is noise
    if (kept < 0) kept = 0;                              // a NaN stays
    shrinkage.scale = sums.scale;
    shrinkage.centre = centre;
    shrinkage.a = kept;
    shrinkage.b = (1 - kept) * (centre / sums.scale);
    // f is constant where it is cut, and 1 without noise: then every element is its mean, and no
    // gradient of a variance reaches it.
    if (kept == 0 || squares == 0 || noise == 0) return;
    shrinkage.kappa = 2 * (1 - kept) / squares;
    shrinkage.noise_slope = (count - 3) * weight / (squares * count);
    shrinkage.noise_slope *= shrinkage.is_variance ? 2 : sums.scale;
}

JSNORM_HD inline Shrinkage make_shrinkage(const ShrinkageRule &rule, const ShrinkageSums &sums) {
    const double count = rule.statistics;
    const double elements = rule.elements;
    Shrinkage shrinkage;
    shrinkage.is_variance = rule.statistic == StatisticKind::kVariance;
    shrinkage.statistics = count;
    if (!(elements > 0)) return shrinkage;  // statistics of no elements stay 0
    shrinkage.estimator =
        effective_estimator(rule.estimator, rule.statistic, static_cast<int64_t>(count), elements);
    switch (shrinkage.estimator) {
        case JSNORM_ESTIMATOR_JAMES_STEIN:
            shrink_towards_zero(shrinkage, sums, 2);
            break;
        case JSNORM_ESTIMATOR_GRAND_MEAN:
            shrinkage.a = 3 / count;
            shrinkage.b = (1 - shrinkage.a) * (sums.sum / count / sums.scale);
            break;
        case JSNORM_ESTIMATOR_STEIN_CORRECTED:
            if (shrinkage.is_variance) {
                const double weight =
                    4 * (count - 1) * elements / ((elements + 1) * ((elements - 1) * count + 2));
                shrinkage.a = elements / (elements + 1);
                shrinkage.b = weight * std::exp(sums.others / count);
                shrinkage.floor = rule.epsilon;
            } else {
                shrink_towards_zero(shrinkage, sums, 3);
            }
            break;
        case JSNORM_ESTIMATOR_RIDGE:
            shrinkage.a =
                shrinkage.is_variance ? 1 / (1 + rule.lambda) : elements / (elements + rule.lambda);
            break;
        case JSNORM_ESTIMATOR_LASSO:
            shrinkage.threshold =
                shrinkage.is_variance ? rule.lambda / 2 : rule.lambda / (2 * elements);
            break;
        case JSNORM_ESTIMATOR_SAMPLING:
            shrink_by_sampling_noise(shrinkage, rule, sums);
            break;
        default:
            break;
    }
    return shrinkage;
}

JSNORM_HD inline double shrink(const Shrinkage &shrinkage, double theta) {
    if (shrinkage.estimator == JSNORM_ESTIMATOR_NONE) return theta;
    if (shrinkage.estimator == JSNORM_ESTIMATOR_LASSO) {
        if (std::fabs(theta) <= shrinkage.threshold) return 0;  // false for NaN, which goes on
        return theta - std::copysign(shrinkage.threshold, theta);
    }
    return shrinkage.a * theta + shrinkage.b;
}

// Sums over k for the vector-Jacobian product: d is the gradient of the shrunk statistics.
struct ShrinkageGradientSums {
    double sum = 0;           // of d
    double sum_products = 0;  // of d * (theta*scale - centre)
};

JSNORM_HD inline double gradient_product(const Shrinkage &shrinkage, double d, double theta) {
    return d * (theta * shrinkage.scale - shrinkage.centre);
}

// The gradient of theta_k is own * d_k + shared: what theta_k does to its own shrunk value, and to
// all of them through the sums.
JSNORM_HD inline double own_gradient_factor(const Shrinkage &shrinkage, double theta) {
    if (shrinkage.estimator == JSNORM_ESTIMATOR_LASSO) {
        return std::fabs(theta) <= shrinkage.threshold ? 0 : 1;
    }
    return shrinkage.a;
}

JSNORM_HD inline double shared_gradient(const Shrinkage &shrinkage,
                                        const ShrinkageGradientSums &sums, double theta) {
    const bool geometric =
        shrinkage.estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED && shrinkage.is_variance;
    if (geometric) {
        if (!(theta > shrinkage.floor)) return 0;
        return shrinkage.b * sums.sum / (shrinkage.statistics * theta);
    }
    switch (shrinkage.estimator) {
        case JSNORM_ESTIMATOR_JAMES_STEIN:
        case JSNORM_ESTIMATOR_STEIN_CORRECTED:
            return sums.sum_products * shrinkage.kappa *
                   (1 - shrinkage.ratio * (theta * shrinkage.scale));
        case JSNORM_ESTIMATOR_GRAND_MEAN:
            return (1 - shrinkage.a) * (sums.sum / shrinkage.statistics);
        case JSNORM_ESTIMATOR_SAMPLING: {
            const double scaled = theta * shrinkage.scale;
            double slope = shrinkage.kappa * (scaled - shrinkage.centre);
            if (shrinkage.is_variance) slope -= shrinkage.noise_slope * scaled;
            return (1 - shrinkage.a) * (sums.sum / shrinkage.statistics) +
                   sums.sum_products * slope;
        }
        default:
            return 0;
    }
}

// What the shrinkage of the means adds to the gradient of every variance: their noise is measured
// by the variances.
JSNORM_HD inline double noise_gradient(const Shrinkage &of_means,
                                       const ShrinkageGradientSums &sums) {
    if (of_means.estimator != JSNORM_ESTIMATOR_SAMPLING) return 0;
    return -sums.sum_products * of_means.noise_slope;
}

// 1/sqrt(variance + epsilon), and 0 where that would be infinite: a constant statistic with epsilon
// 0 has xhat = 0.
JSNORM_HD inline double reciprocal_deviation(double variance, double epsilon) {
    const double sum = variance + epsilon;
    return sum == 0 ? 0 : 1 / std::sqrt(sum);
}

// The coefficient t of dx in the type of arithmetic. A number beyond its range becomes the largest
// finite one: infinity times a deviation of 0 would be NaN.
template <class Acc>
JSNORM_HD Acc narrow_slope(double t) {
    constexpr auto kLargest = static_cast<double>(std::numeric_limits<Acc>::max());
    const double size = std::fabs(t);
    const bool beyond = size > kLargest && size <= std::numeric_limits<double>::max();
    return static_cast<Acc>(beyond ? std::copysign(kLargest, t) : t);
}

}  // namespace jsnorm
