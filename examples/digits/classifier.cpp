// SPDX-License-Identifier: Apache-2.0
#include "classifier.hpp"

#include <algorithm>
#include <cmath>

#include "convolutional_network.hpp"
#include "perceptron.hpp"

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

double Classifier::train(const Images &batch, float learning_rate, float momentum) {
    forward(batch, true, logits_);
    gradient_.resize(logits_.size());
    const double loss = cross_entropy(logits_, batch.labels, gradient_);
    backward(batch, gradient_);
    step(learning_rate, momentum);
    return loss;
}

double Classifier::accuracy(const Images &images) {
    forward(images, false, logits_);
    int64_t recognised = 0;
    for (size_t row = 0; row < images.labels.size(); ++row) {
        const float *logit = logits_.data() + row * kClasses;
        recognised += std::max_element(logit, logit + kClasses) - logit == images.labels[row];
    }
    return static_cast<double>(recognised) / static_cast<double>(images.count());
}

std::unique_ptr<Classifier> make_classifier(Network network, const jsnorm::Handle &handle,
                                            const Estimators &estimators, RandomNumbers &random) {
    if (network == Network::kConvolutional) {
        return std::make_unique<ConvolutionalNetwork>(handle, estimators, random);
    }
    return std::make_unique<Perceptron>(handle, estimators, random);
}

}  // namespace digits
