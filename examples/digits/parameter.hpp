// SPDX-License-Identifier: Apache-2.0
// A trained array, and the rule that trains it: stochastic gradient descent with momentum.
#pragma once

#include <cstddef>
#include <vector>

namespace digits {

struct Parameter {
    std::vector<float> value;
    std::vector<float> gradient;
    std::vector<float> velocity;

    explicit Parameter(size_t size, float initial = 0.0f)
        : value(size, initial), gradient(size), velocity(size) {}

    void step(float learning_rate, float momentum) {
        for (size_t i = 0; i < value.size(); ++i) {
            velocity[i] = momentum * velocity[i] + gradient[i];
            value[i] -= learning_rate * velocity[i];
        }
    }
};

}  // namespace digits
