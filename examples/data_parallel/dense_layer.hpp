// SPDX-License-Identifier: Apache-2.0
// A dense layer in double, y = x * weights, and how it learns. In double, because gradients of
// several processes are added in another order than those of one: what that changes must stay far
// from the digits that are printed.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "../digits/random_numbers.hpp"

namespace data_parallel {

struct Parameter {
    std::vector<double> value, gradient, velocity;

    explicit Parameter(size_t size, double initial = 0)
        : value(size, initial), gradient(size), velocity(size) {}

    void step(double learning_rate, double momentum) {
        for (size_t i = 0; i < value.size(); ++i) {
            velocity[i] = momentum * velocity[i] + gradient[i];
            value[i] -= learning_rate * velocity[i];
        }
    }
};

class DenseLayer {
  public:
    // Weights uniform with variance 2 / inputs; the same in every process.
    DenseLayer(size_t inputs, size_t outputs, digits::RandomNumbers &random)
        : weights(inputs * outputs), inputs_(inputs), outputs_(outputs) {
        const auto limit = static_cast<float>(std::sqrt(6.0 / static_cast<double>(inputs)));
        for (double &weight : weights.value) weight = random.uniform(-limit, limit);
    }

    std::vector<double> forward(const std::vector<double> &x) const {
        const size_t rows = x.size() / inputs_;
        std::vector<double> y(rows * outputs_);
        for (size_t row = 0; row < rows; ++row) {
            for (size_t i = 0; i < inputs_; ++i) {
                const double value = x[row * inputs_ + i];
                for (size_t o = 0; o < outputs_; ++o) {
                    y[row * outputs_ + o] += value * weights.value[i * outputs_ + o];
                }
            }
        }
        return y;
    }

    // Sets the gradient of the weights, and returns that of x.
    std::vector<double> backward(const std::vector<double> &x, const std::vector<double> &dy) {
        const size_t rows = x.size() / inputs_;
        std::vector<double> dx(x.size());
        weights.gradient.assign(weights.gradient.size(), 0);
        for (size_t row = 0; row < rows; ++row) {
            for (size_t i = 0; i < inputs_; ++i) {
                const double value = x[row * inputs_ + i];
                double sum = 0;
                for (size_t o = 0; o < outputs_; ++o) {
                    const double derivative = dy[row * outputs_ + o];
                    weights.gradient[i * outputs_ + o] += value * derivative;
                    sum += derivative * weights.value[i * outputs_ + o];
                }
                dx[row * inputs_ + i] = sum;
            }
        }
        return dx;
    }

    Parameter weights;  // inputs by outputs, row-major

  private:
    size_t inputs_, outputs_;
};

}  // namespace data_parallel
