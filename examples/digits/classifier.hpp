// SPDX-License-Identifier: Apache-2.0
// A multilayer perceptron 64 - 128 - 128 - 10 with a norm and a ReLU after each hidden dense layer.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "digits_data.hpp"
#include "estimators.hpp"
#include "jsnorm_handles.hpp"
#include "linear_layer.hpp"
#include "norm_layer.hpp"
#include "random_numbers.hpp"

namespace digits {

inline constexpr int64_t kHiddenUnits = 128;
inline constexpr int kNormLayers = 2;

class Classifier {
  public:
    // Draws the weights from `random`, the same ones for every estimator.
    Classifier(const Handle &handle, const Estimators &estimators, RandomNumbers &random);

    // One step of gradient descent on the mean cross-entropy of a batch, which is returned.
    double train(const Images &batch, float learning_rate, float momentum);

    // The part of the images whose digit is recognised, by the running statistics.
    double accuracy(const Images &images);

    // Of the last batch.
    ShrinkFactors shrink_factors(int layer) const {
        return norms_[static_cast<size_t>(layer)].shrink_factors();
    }
    double largest_xhat(int layer) const {
        return norms_[static_cast<size_t>(layer)].largest_xhat(
            norm_inputs_[static_cast<size_t>(layer)]);
    }

  private:
    void forward(const Images &images, bool training);
    void backward(const Images &batch);

    std::array<LinearLayer, kNormLayers + 1> linears_;
    std::array<NormLayer, kNormLayers> norms_;
    std::array<std::vector<float>, kNormLayers> norm_inputs_;
    std::array<std::vector<float>, kNormLayers> norm_outputs_;
    std::vector<float> logits_;
    std::vector<float> gradient_;
    std::vector<float> next_gradient_;
};

}  // namespace digits
