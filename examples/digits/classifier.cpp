// SPDX-License-Identifier: Apache-2.0
#include "classifier.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace digits {
namespace {

// The mean cross-entropy of softmax(logits); `gradient` receives its derivative by the logits.
double cross_entropy(const std::vector<float> &logits, const std::vector<int> &labels,
                     std::vector<float> &gradient) {
    const double rows = static_cast<double>(labels.size());
    double loss = 0.0;
    for (size_t row = 0; row < labels.size(); ++row) {
        const float *logit = logits.data() + row * kClasses;
        float *derivative = gradient.data() + row * kClasses;
        // The largest logit is taken out, so that no exponential overflows.
        const double largest = *std::max_element(logit, logit + kClasses);
        double sum = 0.0;
        for (int64_t i = 0; i < kClasses; ++i) sum += std::exp(logit[i] - largest);
        for (int64_t i = 0; i < kClasses; ++i) {
            const double probability = std::exp(logit[i] - largest) / sum;
            derivative[i] = static_cast<float>((probability - (i == labels[row])) / rows);
        }
        loss += (largest + std::log(sum) - logit[labels[row]]) / rows;
    }
    return loss;
}

}  // namespace

// The hidden dense layers have no bias: beta takes its place.
Classifier::Classifier(const Handle &handle, const Estimators &estimators, RandomNumbers &random)
    : linears_{LinearLayer(kPixels, kHiddenUnits, false, random),
               LinearLayer(kHiddenUnits, kHiddenUnits, false, random),
               LinearLayer(kHiddenUnits, kClasses, true, random)},
      norms_{NormLayer(handle, estimators, kHiddenUnits),
             NormLayer(handle, estimators, kHiddenUnits)} {}

void Classifier::forward(const Images &images, bool training) {
    const int64_t rows = images.count();
    const float *activations = images.pixels.data();
    for (size_t layer = 0; layer < norms_.size(); ++layer) {
        norm_inputs_[layer].resize(static_cast<size_t>(rows * kHiddenUnits));
        norm_outputs_[layer].resize(static_cast<size_t>(rows * kHiddenUnits));
        float *x = norm_inputs_[layer].data();
        float *y = norm_outputs_[layer].data();
        linears_[layer].forward(activations, x, rows);
        if (training) {
            norms_[layer].forward_training(x, y, rows);
        } else {
            norms_[layer].forward_inference(x, y, rows);
        }
        activations = y;
    }
    logits_.resize(static_cast<size_t>(rows * kClasses));
    linears_.back().forward(activations, logits_.data(), rows);
}

// From gradient_, the derivative by the logits, back to the first layer.
void Classifier::backward(const Images &batch) {
    const int64_t rows = batch.count();
    for (size_t layer = norms_.size(); layer > 0; --layer) {
        next_gradient_.resize(static_cast<size_t>(rows * kHiddenUnits));
        linears_[layer].backward(norm_outputs_[layer - 1].data(), gradient_.data(),
                                 next_gradient_.data(), rows);
        std::swap(gradient_, next_gradient_);
        norms_[layer - 1].backward(norm_inputs_[layer - 1].data(), gradient_.data(), rows);
    }
    linears_[0].backward(batch.pixels.data(), gradient_.data(), nullptr, rows);
}

double Classifier::train(const Images &batch, float learning_rate, float momentum) {
    forward(batch, true);
    gradient_.resize(logits_.size());
    const double loss = cross_entropy(logits_, batch.labels, gradient_);
    backward(batch);
    for (LinearLayer &linear : linears_) linear.step(learning_rate, momentum);
    for (NormLayer &norm : norms_) norm.step(learning_rate, momentum);
    return loss;
}

double Classifier::accuracy(const Images &images) {
    forward(images, false);
    int64_t recognised = 0;
    for (size_t row = 0; row < images.labels.size(); ++row) {
        const float *logit = logits_.data() + row * kClasses;
        recognised += std::max_element(logit, logit + kClasses) - logit == images.labels[row];
    }
    return static_cast<double>(recognised) / static_cast<double>(images.count());
}

}  // namespace digits
