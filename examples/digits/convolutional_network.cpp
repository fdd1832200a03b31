// SPDX-License-Identifier: Apache-2.0
#include "convolutional_network.hpp"

#include <utility>

namespace digits {
namespace {

constexpr ImageSize kImage = {8, 1};
constexpr ImageSize kFirst = {8, 8};
constexpr ImageSize kSecond = {4, 16};
constexpr ImageSize kThird = {4, 16};

}  // namespace

// The convolutions have no bias: beta takes its place.
ConvolutionalNetwork::ConvolutionalNetwork(const jsnorm::Handle &handle,
                                           const Estimators &estimators, RandomNumbers &random)
    : convolutions_{Convolution(kImage, kFirst.channels, 1, random),
                    Convolution(kFirst, kSecond.channels, 2, random),
                    Convolution(kSecond, kThird.channels, 1, random)},
      norms_{NormStage(handle, estimators, kFirst.channels),
             NormStage(handle, estimators, kSecond.channels),
             NormStage(handle, estimators, kThird.channels)},
      last_(kThird.values(), kClasses, true, random) {}

void ConvolutionalNetwork::forward(const Images &images, bool training,
                                   std::vector<float> &logits) {
    const int64_t count = images.count();
    const float *activations = images.pixels.data();
    for (size_t layer = 0; layer < norms_.size(); ++layer) {
        const Convolution &convolution = convolutions_[layer];
        NormStage &norm = norms_[layer];
        convolution.forward(activations, norm.input(count * convolution.output().pixels()), count);
        norm.forward(training);
        activations = norm.output();
    }
    logits.resize(static_cast<size_t>(count * kClasses));
    last_.forward(activations, logits.data(), count);
}

void ConvolutionalNetwork::backward(const Images &batch, std::vector<float> &gradient) {
    const int64_t count = batch.count();
    next_gradient_.resize(norms_.back().values());
    last_.backward(norms_.back().output(), gradient.data(), next_gradient_.data(), count);
    std::swap(gradient, next_gradient_);
    for (size_t layer = norms_.size(); layer > 0; --layer) {
        norms_[layer - 1].backward(gradient.data());
        const bool first = layer == 1;
        const float *x = first ? batch.pixels.data() : norms_[layer - 2].output();
        if (!first) next_gradient_.resize(norms_[layer - 2].values());
        convolutions_[layer - 1].backward(x, gradient.data(),
                                          first ? nullptr : next_gradient_.data(), count);
        std::swap(gradient, next_gradient_);
    }
}

void ConvolutionalNetwork::step(float learning_rate, float momentum) {
    for (Convolution &convolution : convolutions_) convolution.step(learning_rate, momentum);
    for (NormStage &norm : norms_) norm.step(learning_rate, momentum);
    last_.step(learning_rate, momentum);
}

}  // namespace digits
