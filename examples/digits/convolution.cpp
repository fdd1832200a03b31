// SPDX-License-Identifier: Apache-2.0
#include "convolution.hpp"

#include <algorithm>
#include <cmath>

#include "loops.hpp"

namespace digits {
namespace {

constexpr int64_t kTaps = 3;  // along an axis

}  // namespace

Convolution::Convolution(ImageSize input, int64_t channels, int64_t stride, RandomNumbers &random)
    : weights(static_cast<size_t>(kTaps * kTaps * input.channels * channels)),
      input_(input),
      output_{(input.side + stride - 1) / stride, channels},
      stride_(stride) {
    const auto terms = static_cast<float>(kTaps * kTaps * input.channels);
    const float bound = std::sqrt(6.0f / terms);
    for (float &weight : weights.value) weight = random.uniform(-bound, bound);
}

template <typename Body>
void Convolution::for_each_tap(const Body &body) const {
    for (int64_t out = 0; out < output_.pixels(); ++out) {
        for (int64_t tap = 0; tap < kTaps * kTaps; ++tap) {
            const int64_t row = out / output_.side * stride_ + tap / kTaps - 1;
            const int64_t column = out % output_.side * stride_ + tap % kTaps - 1;
            const bool inside =
                row >= 0 && row < input_.side && column >= 0 && column < input_.side;
            if (inside) body(out, row * input_.side + column, tap);
        }
    }
}

void Convolution::forward(const float *x, float *y, int64_t images) const {
    std::fill_n(y, images * output_.values(), 0.0f);
    for (int64_t image = 0; image < images; ++image) {
        const float *x_image = x + image * input_.values();
        float *y_image = y + image * output_.values();
        for_each_tap([&](int64_t out, int64_t in, int64_t tap) {
            for (int64_t c = 0; c < input_.channels; ++c) {
                const int64_t row = tap * input_.channels + c;
                add_scaled(x_image[in * input_.channels + c],
                           weights.value.data() + row * output_.channels,
                           y_image + out * output_.channels, output_.channels);
            }
        });
    }
}

void Convolution::backward(const float *x, const float *dy, float *dx, int64_t images) {
    std::fill(weights.gradient.begin(), weights.gradient.end(), 0.0f);
    if (dx != nullptr) std::fill_n(dx, images * input_.values(), 0.0f);
    for (int64_t image = 0; image < images; ++image) {
        const float *x_image = x + image * input_.values();
        const float *dy_image = dy + image * output_.values();
        for_each_tap([&](int64_t out, int64_t in, int64_t tap) {
            const float *dy_pixel = dy_image + out * output_.channels;
            for (int64_t c = 0; c < input_.channels; ++c) {
                const int64_t row = (tap * input_.channels + c) * output_.channels;
                const int64_t place = in * input_.channels + c;
                add_scaled(x_image[place], dy_pixel, weights.gradient.data() + row,
                           output_.channels);
                if (dx == nullptr) continue;
                dx[image * input_.values() + place] +=
                    dot(dy_pixel, weights.value.data() + row, output_.channels);
            }
        });
    }
}

}  // namespace digits
