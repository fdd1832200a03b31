// SPDX-License-Identifier: Apache-2.0
// A multilayer perceptron 64 - 128 - 128 - 10 with a norm and a ReLU after each hidden dense layer.
#pragma once

#include <array>
#include <vector>

#include "classifier.hpp"
#include "linear_layer.hpp"
#include "norm_stage.hpp"

namespace digits {

inline constexpr int64_t kHiddenUnits = 128;

class Perceptron : public Classifier {
  public:
    static constexpr int kNormLayers = 2;

    Perceptron(const jsnorm::Handle &handle, const Estimators &estimators, RandomNumbers &random);

    int norm_layers() const override { return kNormLayers; }
    ShrinkFactors shrink_factors(int layer) const override {
        return norms_[static_cast<size_t>(layer)].shrink_factors();
    }
    double largest_xhat(int layer) const override {
        return norms_[static_cast<size_t>(layer)].largest_xhat();
    }

  private:
    void forward(const Images &images, bool training, std::vector<float> &logits) override;
    void backward(const Images &batch, std::vector<float> &gradient) override;
    void step(float learning_rate, float momentum) override;

    std::array<LinearLayer, kNormLayers + 1> linears_;
    std::array<NormStage, kNormLayers> norms_;
    std::vector<float> next_gradient_;
};

}  // namespace digits
