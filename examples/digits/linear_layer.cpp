// SPDX-License-Identifier: Apache-2.0
#include "linear_layer.hpp"

#include <algorithm>
#include <cmath>

#include "loops.hpp"

namespace digits {

LinearLayer::LinearLayer(int64_t inputs, int64_t outputs, bool with_bias, RandomNumbers &random)
    : weights(static_cast<size_t>(inputs * outputs)),
      bias(static_cast<size_t>(with_bias ? outputs : 0)),
      inputs_(inputs),
      outputs_(outputs) {
    const float bound = std::sqrt(6.0f / static_cast<float>(inputs));
    for (float &weight : weights.value) weight = random.uniform(-bound, bound);
}

void LinearLayer::forward(const float *x, float *y, int64_t rows) const {
    std::fill_n(y, rows * outputs_, 0.0f);
    for (int64_t row = 0; row < rows; ++row) {
        float *y_row = y + row * outputs_;
        if (!bias.value.empty()) std::copy_n(bias.value.data(), outputs_, y_row);
        for (int64_t in = 0; in < inputs_; ++in) {
            const float *weight_row = weights.value.data() + in * outputs_;
            add_scaled(x[row * inputs_ + in], weight_row, y_row, outputs_);
        }
    }
}

void LinearLayer::backward(const float *x, const float *dy, float *dx, int64_t rows) {
    std::fill(weights.gradient.begin(), weights.gradient.end(), 0.0f);
    std::fill(bias.gradient.begin(), bias.gradient.end(), 0.0f);
    for (int64_t row = 0; row < rows; ++row) {
        const float *dy_row = dy + row * outputs_;
        for (int64_t in = 0; in < inputs_; ++in) {
            float *gradient_row = weights.gradient.data() + in * outputs_;
            add_scaled(x[row * inputs_ + in], dy_row, gradient_row, outputs_);
        }
        if (!bias.gradient.empty()) add_scaled(1.0f, dy_row, bias.gradient.data(), outputs_);
        if (dx == nullptr) continue;
        for (int64_t in = 0; in < inputs_; ++in) {
            const float *weight_row = weights.value.data() + in * outputs_;
            dx[row * inputs_ + in] = dot(dy_row, weight_row, outputs_);
        }
    }
}

void LinearLayer::step(float learning_rate, float momentum) {
    weights.step(learning_rate, momentum);
    bias.step(learning_rate, momentum);
}

}  // namespace digits
