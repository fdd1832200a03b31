// SPDX-License-Identifier: Apache-2.0
#include "perceptron.hpp"

#include <utility>

namespace digits {

// The hidden dense layers have no bias: beta takes its place.
Perceptron::Perceptron(const jsnorm::Handle &handle, const Estimators &estimators,
                       RandomNumbers &random)
    : linears_{LinearLayer(kPixels, kHiddenUnits, false, random),
               LinearLayer(kHiddenUnits, kHiddenUnits, false, random),
               LinearLayer(kHiddenUnits, kClasses, true, random)},
      norms_{NormStage(handle, estimators, kHiddenUnits),
             NormStage(handle, estimators, kHiddenUnits)} {}

void Perceptron::forward(const Images &images, bool training, std::vector<float> &logits) {
    const int64_t rows = images.count();
    const float *activations = images.pixels.data();
    for (size_t layer = 0; layer < norms_.size(); ++layer) {
        linears_[layer].forward(activations, norms_[layer].input(rows), rows);
        norms_[layer].forward(training);
        activations = norms_[layer].output();
    }
    logits.resize(static_cast<size_t>(rows * kClasses));
    linears_.back().forward(activations, logits.data(), rows);
}

void Perceptron::backward(const Images &batch, std::vector<float> &gradient) {
    const int64_t rows = batch.count();
    for (size_t layer = norms_.size(); layer > 0; --layer) {
        NormStage &norm = norms_[layer - 1];
        next_gradient_.resize(norm.values());
        linears_[layer].backward(norm.output(), gradient.data(), next_gradient_.data(), rows);
        std::swap(gradient, next_gradient_);
        norm.backward(gradient.data());
    }
    linears_[0].backward(batch.pixels.data(), gradient.data(), nullptr, rows);
}

void Perceptron::step(float learning_rate, float momentum) {
    for (LinearLayer &linear : linears_) linear.step(learning_rate, momentum);
    for (NormStage &norm : norms_) norm.step(learning_rate, momentum);
}

}  // namespace digits
