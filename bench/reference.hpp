// SPDX-License-Identifier: Apache-2.0
// What a case must come out as: the layer in double, element by element, from docs/math.md. Nothing
// is timed before it agrees with this.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "bench/case.hpp"
#include "bench/tensors.hpp"

namespace jsnorm::bench {

enum class Estimator { kNone, kJamesStein, kSampling };
inline constexpr std::array kEstimators = {Estimator::kNone, Estimator::kJamesStein,
                                           Estimator::kSampling};

// The largest deviations, relative to the size of the terms that an element or a sum is made of.
struct Agreement {
    double element = 0;    // of y, or dx and dz
    double parameter = 0;  // of dgamma and dbeta: relative to the largest of them
    std::string where;     // the element that deviates most: what it is and should be
};

// What is accepted. The library is held to what float arithmetic allows. Peers add up long columns
// in float, or parameters' gradients in 16 bits, and are accepted with that: their own results are
// not at issue, only whether they compute the same thing.
struct Tolerance {
    double element, parameter;
    bool accepts(const Agreement &agreement) const {
        return agreement.element <= element && agreement.parameter <= parameter;
    }
};
Tolerance tolerance_of_library(jsnormDataType_t type);
Tolerance tolerance_of_peers(jsnormDataType_t type);

class Reference {
  public:
    // Measures x (and dy) of the first set, and fills the tensors' saved statistics. With residual
    // and ReLU, dy becomes 0 wherever a preactivation is so close to 0 that roundings decide its
    // sign.
    Reference(const Case &which, Tensors &tensors);

    // Compares out, and in a backward pass dz, dgamma and dbeta, of the first set.
    Agreement agreement(const Tensors &tensors, Estimator estimator) const;

  private:
    // Per statistic: xhat = (x - shrunk) * rstd, dx = gamma*rstd*dy + constant + slope * (x -
    // mean).
    struct Coefficients {
        std::vector<double> shrunk, rstd, constant, slope;
        std::vector<double> dgamma, dbeta;
        double largest_dgamma = 0, largest_dbeta = 0;
    };

    template <typename T>
    void measure(const Tensors &tensors);
    template <typename T>
    void silence_near_zero(const Tensors &tensors);
    template <typename T>
    void differentiate(const Tensors &tensors, Estimator estimator);
    template <typename T>
    Agreement compare(const Tensors &tensors, const Coefficients &coefficients) const;

    // Fills in the coefficients of an estimator that forward needs; those that backward needs.
    void shrink(Estimator estimator);
    // Gradients of shrunk means and variances become those of the means and variances.
    void differentiate_shrinkage(Estimator estimator, std::vector<double> &of_mean,
                                 std::vector<double> &of_variance) const;
    Coefficients &of(Estimator estimator) { return coefficients_[static_cast<size_t>(estimator)]; }
    const Coefficients &of(Estimator estimator) const {
        return coefficients_[static_cast<size_t>(estimator)];
    }

    Case which_;
    View view_;
    std::vector<double> mean_, variance_;  // raw
    std::array<Coefficients, kEstimators.size()> coefficients_;
};

}  // namespace jsnorm::bench
