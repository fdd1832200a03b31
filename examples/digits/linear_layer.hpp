// SPDX-License-Identifier: Apache-2.0
// A dense layer: y = x * weights (+ bias), x of rows by inputs, y of rows by outputs.
#pragma once

#include <cstdint>
#include <vector>

#include "parameter.hpp"
#include "random_numbers.hpp"

namespace digits {

class LinearLayer {
  public:
    // Weights uniform with variance 2 / inputs (He et al., for layers before a ReLU).
    LinearLayer(int64_t inputs, int64_t outputs, bool with_bias, RandomNumbers &random);

    void forward(const float *x, float *y, int64_t rows) const;

    // Sets the gradients of the parameters and, unless dx is NULL, the gradient of x.
    void backward(const float *x, const float *dy, float *dx, int64_t rows);

    void step(float learning_rate, float momentum);

    Parameter weights;  // inputs by outputs, row-major
    Parameter bias;     // outputs, or empty

  private:
    int64_t inputs_;
    int64_t outputs_;
};

}  // namespace digits
