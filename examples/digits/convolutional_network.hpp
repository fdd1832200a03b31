// SPDX-License-Identifier: Apache-2.0
// Three convolutions, each with a norm and a ReLU behind it, and a dense layer:
//
//     8x8x1 -> 8x8x8 -> 4x4x16 (stride 2) -> 4x4x16 -> 10
//
// A statistic has 64 or 16 elements in each image of the batch.
#pragma once

#include <array>
#include <vector>

#include "classifier.hpp"
#include "convolution.hpp"
#include "linear_layer.hpp"
#include "norm_stage.hpp"

namespace digits {

class ConvolutionalNetwork : public Classifier {
  public:
    static constexpr int kNormLayers = 3;

    ConvolutionalNetwork(const jsnorm::Handle &handle, const Estimators &estimators,
                         RandomNumbers &random);

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

    std::array<Convolution, kNormLayers> convolutions_;
    std::array<NormStage, kNormLayers> norms_;
    LinearLayer last_;
    std::vector<float> next_gradient_;
};

}  // namespace digits
