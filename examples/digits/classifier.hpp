// SPDX-License-Identifier: Apache-2.0
// A network that tells digits apart, and how it is trained: what the perceptron and the
// convolutional network have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "digits_data.hpp"
#include "estimators.hpp"
#include "norm_layer.hpp"
#include "random_numbers.hpp"
#include "workspace.hpp"

namespace digits {

enum class Network { kPerceptron, kConvolutional };

class Classifier {
  public:
    virtual ~Classifier() = default;

    // One step of gradient descent on the mean cross-entropy of a batch, which is returned.
    double train(const Images &batch, float learning_rate, float momentum);

    // The part of the images whose digit is recognised, by the running statistics.
    double accuracy(const Images &images);

    // Norm layers, each with a ReLU behind it; and what they did to the last batch.
    virtual int norm_layers() const = 0;
    virtual ShrinkFactors shrink_factors(int layer) const = 0;
    virtual double largest_xhat(int layer) const = 0;

  protected:
    // Fills `logits`: kClasses of each image.
    virtual void forward(const Images &images, bool training, std::vector<float> &logits) = 0;
    // From the derivative by the logits of the last forward, which is used up.
    virtual void backward(const Images &batch, std::vector<float> &gradient) = 0;
    virtual void step(float learning_rate, float momentum) = 0;

  private:
    std::vector<float> logits_;
    std::vector<float> gradient_;
};

// Draws the weights from `random`, the same ones for every estimator.
std::unique_ptr<Classifier> make_classifier(Network network, const jsnorm::Handle &handle,
                                            const Estimators &estimators, RandomNumbers &random);

}  // namespace digits
