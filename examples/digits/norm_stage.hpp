// SPDX-License-Identifier: Apache-2.0
// A norm layer with what it has to remember of the last batch: its input, for backward, and its
// output, the input of the layer behind it.
#pragma once

#include <cstdint>
#include <vector>

#include "norm_layer.hpp"

namespace digits {

class NormStage {
  public:
    NormStage(const jsnorm::Handle &handle, const Estimators &estimators, int64_t channels)
        : channels_(channels), layer_(handle, estimators, channels) {}

    // Where the layer before puts its output: rows by channels.
    float *input(int64_t rows) {
        rows_ = rows;
        x_.resize(static_cast<size_t>(rows * channels_));
        y_.resize(x_.size());
        return x_.data();
    }

    void forward(bool training) {
        if (training) {
            layer_.forward_training(x_.data(), y_.data(), rows_);
        } else {
            layer_.forward_inference(x_.data(), y_.data(), rows_);
        }
    }
    const float *output() const { return y_.data(); }

    // dy becomes the gradient of the input, in place.
    void backward(float *dy) { layer_.backward(x_.data(), dy, rows_); }
    void step(float learning_rate, float momentum) { layer_.step(learning_rate, momentum); }

    size_t values() const { return x_.size(); }
    ShrinkFactors shrink_factors() const { return layer_.shrink_factors(); }
    double largest_xhat() const { return layer_.largest_xhat(x_); }

  private:
    int64_t channels_;
    int64_t rows_ = 0;
    NormLayer layer_;
    std::vector<float> x_;
    std::vector<float> y_;
};

}  // namespace digits
