// SPDX-License-Identifier: Apache-2.0
// A convolution of 3x3 pixels with a border of zeros, without bias. Images are NHWC: the channels
// of a pixel are neighbours, and the batch norm behind it sees rows of channels.
#pragma once

#include <cstdint>

#include "parameter.hpp"
#include "random_numbers.hpp"

namespace digits {

struct ImageSize {
    int64_t side;  // height and width
    int64_t channels;
    int64_t pixels() const { return side * side; }
    int64_t values() const { return pixels() * channels; }
};

class Convolution {
  public:
    // stride: from pixel to pixel of the output. Weights uniform with variance 2 / (9 * channels)
    // of the input (He et al., for layers before a ReLU).
    Convolution(ImageSize input, int64_t channels, int64_t stride, RandomNumbers &random);

    ImageSize output() const { return output_; }

    void forward(const float *x, float *y, int64_t images) const;

    // Sets the gradient of the weights and, unless dx is NULL, the gradient of x.
    void backward(const float *x, const float *dy, float *dx, int64_t images);

    void step(float learning_rate, float momentum) { weights.step(learning_rate, momentum); }

    Parameter weights;  // [row][column][input channel][output channel]

  private:
    // Calls body(pixel of the output, pixel of the input, tap) wherever a tap is inside of the
    // input.
    template <typename Body>
    void for_each_tap(const Body &body) const;

    ImageSize input_;
    ImageSize output_;
    int64_t stride_;
};

}  // namespace digits
