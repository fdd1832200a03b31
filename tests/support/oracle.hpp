// SPDX-License-Identifier: Apache-2.0
//
// The oracle: docs/math.md in straight loops, in double with long double sums, without a trick and
// without a line of the library. Every backend is judged against it; tests/unit/oracle_test.cpp
// judges it by finite differences and the golden files.
#ifndef JSNORM_TESTS_SUPPORT_ORACLE_HPP
#define JSNORM_TESTS_SUPPORT_ORACLE_HPP

#include <vector>

#include "tests/support/case.hpp"

namespace jsnorm::test {

// Tensors in logical order, statistics in the order g*K + k. Empty: not computed, or not defined
// for the case.
struct Result {
    std::vector<double> y, saved_mean, saved_variance, shrunk_mean, shrunk_variance;
    std::vector<double> next_running_mean,
        next_running_variance;                  // batch kinds with running statistics (or factor 1)
    std::vector<double> y_inference;            // by the case's running statistics
    std::vector<double> dx, dgamma, dbeta, dz;  // dz: also without z, it is the gated dy
    std::vector<double> dx_fixed, dgamma_fixed, dbeta_fixed, dz_fixed;
    std::vector<double> preactivation, preactivation_inference;

    // The size of the terms of each result, which is what its rounding errors are proportional to
    // (tolerance.hpp). Given by the oracle alone.
    //   y: |gamma| * (|xhat| + spread) + |beta| + |z|. The spread is the deviation of the statistic
    //      in units of xhat, sqrt(variance)*rstd, and at least 1 (inference: 1).
    //   dx: the largest of its three terms. dgamma, dbeta: the root of the sum of squares.
    std::vector<double> y_terms, y_inference_terms;
    std::vector<double> dx_terms, dgamma_terms, dbeta_terms;
    std::vector<double> dgamma_fixed_terms, dbeta_fixed_terms;
};

// math.md section 2. Fills y, preactivation, the statistics and the next running statistics.
Result oracle_forward(const Case &problem);

// math.md section 4. Fills y_inference; for kinds without running statistics it is y.
Result oracle_inference(const Case &problem);

// math.md section 3. Fills what oracle_forward does, and dx, dgamma, dbeta, dz.
Result oracle_backward(const Case &problem);

// math.md section 3, fixed statistics; batch kinds. Fills what oracle_inference does, and the
// *_fixed gradients.
Result oracle_backward_fixed(const Case &problem);

// All of the above that the case has the data for.
Result oracle(const Case &problem);

}  // namespace jsnorm::test

#endif
