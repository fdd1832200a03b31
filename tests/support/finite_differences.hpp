// SPDX-License-Identifier: Apache-2.0
//
// Gradients by central differences, for judging the oracle and a backend's backward by nothing but
// a forward.
#ifndef JSNORM_TESTS_SUPPORT_FINITE_DIFFERENCES_HPP
#define JSNORM_TESTS_SUPPORT_FINITE_DIFFERENCES_HPP

#include <functional>
#include <vector>

#include "tests/support/case.hpp"

namespace jsnorm::test {

// The step. With two central differences (Richardson) the truncation is kStep^4 times a fifth
// derivative of order 1 to 100, below 1e-14, and rounding is u/kStep, 1e-12 times the sum of
// |dy*y|: gradients agree to about 1e-10.
constexpr double kStep = 1e-4;

// Kinks must stay this far away, see silence_kinks and statistics_near_a_kink: a hundred steps.
constexpr double kKinkMargin = 1e-2;

// The derivative of f by the number that `where` refers to, which is left as it was.
double derivative(double &where, const std::function<double()> &f);

// The derivatives by every entry of a vector of `problem`, of the loss sum(dy * forward(problem)).
std::vector<double> numeric_gradient(
    Case problem, std::vector<double> Case::*input,
    const std::function<std::vector<double>(const Case &)> &forward);

// True where a statistic is so near to a threshold of LASSO or the floor of STEIN_CORRECTED, or a
// factor of SAMPLING to its cut at 0, that differences would cross it.
bool statistics_near_a_kink(const Case &problem, double margin = kKinkMargin);

}  // namespace jsnorm::test

#endif
