// SPDX-License-Identifier: Apache-2.0
//
// When a result is right. Each rule says how large an error may be, relative to which size, and
// why; nothing else in the tests does. judge() applies them to everything that a run returned.
//
// The bases are oneDNN benchdnn's, for float and, because the types below compute in float and
// round once, scaled to their digits: t * 2^max(0, 24 - digits). The expected value is first
// rounded to the type of the destination.
#ifndef JSNORM_TESTS_SUPPORT_TOLERANCE_HPP
#define JSNORM_TESTS_SUPPORT_TOLERANCE_HPP

#include <jsnorm/jsnorm.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/support/case.hpp"
#include "tests/support/float_types.hpp"
#include "tests/support/oracle.hpp"

namespace jsnorm::test {

// Output elements, forward: 5e-7; batch kinds 6e-7. Eight or ten units of float's last place: xhat
// is a difference, a product with rstd (itself rounded) and an affine step.
constexpr double kForward = 5e-7;
constexpr double kForwardBatch = 6e-7;
// dgamma and dbeta: sums of as many products as share the parameter.
constexpr double kParameterGradient = 5e-6;
// Double: 1e-12, some 10^4 units of the last place, times the condition of the case.
constexpr double kDouble = 1e-12;
// What is always good enough: a float's step at 1, for expected values up to kTiny (benchdnn).
constexpr double kTiny = 1e-5;
constexpr double kFloatStep = 0x1p-23;

inline double scaled_to(jsnormDataType_t type, double float_tolerance) {
    return std::ldexp(float_tolerance, std::max(0, 24 - digits_of(type)));
}

struct Rule {
    double tolerance = 0;
    std::vector<double> scale;              // per element, or one for all
    jsnormDataType_t type = JSNORM_DOUBLE;  // of the destination
    bool tiny_is_equal = false;             // the kTiny clause
    bool nan_equals_nan = false;
};

struct Verdict {
    std::string name;
    bool accepted = true;
    double worst = 0;      // largest error / scale
    double tolerance = 0;  // what it may be
    std::string message;   // where it is worst: name[index]: got, expected, error, tolerance
};

Verdict compare(const std::string &name, const std::vector<double> &got,
                const std::vector<double> &expected, const Rule &rule);

// y of float, half and bfloat16. benchdnn divides the error by |expected|, or, where beta cancels
// gamma*xhat, by |expected - beta|. Its statistics are exact by construction; ours are those of
// arbitrary data, so that muJS and rstd carry float errors of their own: the first a few units of
// the deviation, the second of xhat (docs/math.md section 2, "what the arithmetic must do"). The
// size is therefore the larger of |expected| and Result::y_terms, which covers both cancellations,
// that of beta and that of z.
Rule forward_rule(const Case &problem, jsnormDataType_t type, const std::vector<double> &expected,
                  const std::vector<double> &terms);

// dx, dz of float, half and bfloat16: relative to the largest entry of the tensor, because dx of an
// element is a difference of terms that its whole group contributes to. Where all of them cancel
// (R = 1: dx is 0) the largest term stands in.
Rule gradient_rule(const Case &problem, jsnormDataType_t type, const std::vector<double> &expected,
                   const std::vector<double> &terms);

// dgamma, dbeta: relative to the largest entry, or to the root of the sum of squares of its
// summands if that is larger (a lone parameter whose summands happen to cancel).
Rule parameter_gradient_rule(jsnormDataType_t type, const std::vector<double> &expected,
                             const std::vector<double> &terms);

// Means and variances out of float arithmetic (the results themselves are double). The error of a
// mean is proportional to the deviation, not to the mean: that is the promise for mean 1e4,
// deviation 1e-2. A variance may be off by twice what y may, for y has its root. Relative to the
// largest of the tensor, since shrinkage mixes them.
Rule mean_rule(const Case &problem, jsnormDataType_t type, const std::vector<double> &expected,
               const Result &oracle);
Rule variance_rule(const Case &problem, jsnormDataType_t type, const std::vector<double> &expected);

// How far an estimator may magnify relative errors of the variances: LASSO subtracts lambda/2, and
// v/(v - lambda/2 + epsilon) is what that costs the difference; 1 for the others, whose factors and
// sums of positive terms keep relative errors. The tolerances of training are multiplied by it.
double threshold_condition(const Case &problem, const Result &oracle);

// Everything of double: kDouble of the largest entry (or term), times the condition of the case. A
// saved mean is one double, and its last place, u*|mean|, is worth
// u*|mean|/sqrt(shrunk variance + epsilon) in xhat: the condition is the largest such quotient over
// the statistics, at least 1 (docs/math.md section 2: "documented, not cured"), times the threshold
// condition.
double condition_of(const Case &problem, const Result &oracle);
Rule double_rule(double condition, const std::vector<double> &expected,
                 const std::vector<double> &terms = {});

// Judges every output in `got` that `expected` has, by the rules above; `terms` is the oracle's
// solution of the same problem (often `expected` itself).
struct OutputTypes {
    jsnormDataType_t type = JSNORM_DOUBLE;
    jsnormDataType_t parameter_type = JSNORM_DOUBLE;
    jsnormDataType_t running_type = JSNORM_DOUBLE;
};
std::vector<Verdict> judge(const Case &problem, const Result &got, const Result &expected,
                           const Result &terms, const OutputTypes &types);

}  // namespace jsnorm::test

#endif
