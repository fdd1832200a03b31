// SPDX-License-Identifier: Apache-2.0
// What a case must come out as: the layer in double, element by element, from docs/math.md. Nothing
// is timed before it agrees with this.
#pragma once

#include <string>
#include <vector>

#include "bench/case.hpp"
#include "bench/tensors.hpp"

namespace jsnorm::bench {

enum class Estimator { kNone, kJamesStein };

class Reference {
  public:
    // Measures x (and dy) of the first set, and fills the tensors' saved statistics. With residual
    // and ReLU, dy becomes 0 wherever a preactivation is so close to 0 that roundings decide its
    // sign.
    Reference(const Case &which, Tensors &tensors);

    // Compares out, and in a backward pass dz, dgamma and dbeta, of the first set. Empty: they
    // agree; else what does not.
    std::string complaint(const Tensors &tensors, Estimator estimator) const;

    // The largest deviation that is accepted, relative to the size of what is compared.
    static double tolerance(jsnormDataType_t type);

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
    void differentiate(const Tensors &tensors, Coefficients &coefficients) const;
    template <typename T>
    std::string compare(const Tensors &tensors, const Coefficients &coefficients) const;

    void shrink(bool james_stein, Coefficients &coefficients) const;
    const Coefficients &of(Estimator estimator) const {
        return estimator == Estimator::kNone ? none_ : james_stein_;
    }

    Case which_;
    View view_;
    std::vector<double> mean_, variance_;  // raw
    Coefficients none_, james_stein_;
};

}  // namespace jsnorm::bench
