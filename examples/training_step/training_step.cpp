// SPDX-License-Identifier: Apache-2.0
// The idea: one training step of the end of a residual block, y = max(norm(x) + z, 0), forward and
// backward. ReLU's sign cannot be computed again once z was added, so forward writes a mask of one
// bit an element, and backward reads it. Its gradient is compared with a difference quotient.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <jsnorm/jsnorm.hpp>
#include <vector>

namespace {

constexpr int64_t kDims[] = {4, 6, 5, 5};  // N, C, H, W
constexpr size_t kElements = 4 * 6 * 5 * 5;
constexpr size_t kChannels = 6;

struct Block {
    jsnorm::Handle handle = jsnorm::Handle::create(JSNORM_BACKEND_CPU).or_throw();
    jsnorm::TensorDescriptor desc =
        jsnorm::TensorDescriptor::create(JSNORM_DOUBLE, kDims).or_throw();
    jsnorm::NormDescriptor norm = jsnorm::NormBuilder(JSNORM_BATCH_NORM)
                                      .estimator(JSNORM_ESTIMATOR_JAMES_STEIN)
                                      .activation(JSNORM_ACTIVATION_RELU)
                                      .build()
                                      .or_throw();
    std::vector<double> gamma = std::vector<double>(kChannels, 1.5);
    std::vector<double> beta = std::vector<double>(kChannels, 0.25);
    std::vector<double> mean = std::vector<double>(kChannels);
    std::vector<double> variance = std::vector<double>(kChannels);
    std::vector<uint32_t> mask =
        std::vector<uint32_t>(jsnorm::mask_size(desc).or_throw() / sizeof(uint32_t));

    std::vector<std::byte> workspace(jsnormOperation_t operation) const {
        return std::vector<std::byte>(
            jsnorm::workspace_size(handle, norm, desc, operation).or_throw());
    }
};

std::vector<double> forward(Block &block, const std::vector<double> &x,
                            const std::vector<double> &z) {
    std::vector<double> y(kElements);
    std::vector<std::byte> workspace = block.workspace(JSNORM_FORWARD_TRAINING);
    jsnorm::ForwardTrainingArgs args;
    args.x_desc = args.y_desc = args.z_desc = block.desc;
    args.x = x.data();
    args.z = z.data();
    args.y = y.data();
    args.gamma = block.gamma.data();
    args.beta = block.beta.data();
    args.saved_mean = block.mean.data();
    args.saved_variance = block.variance.data();
    args.mask = block.mask.data();
    args.workspace = workspace.data();
    args.workspace_bytes = workspace.size();
    jsnorm::forward_training(block.handle, block.norm, args).or_throw();
    return y;
}

struct Gradients {
    std::vector<double> x = std::vector<double>(kElements);
    std::vector<double> z = std::vector<double>(kElements);
    std::vector<double> gamma = std::vector<double>(kChannels);
    std::vector<double> beta = std::vector<double>(kChannels);
};

Gradients backward(const Block &block, const std::vector<double> &x,
                   const std::vector<double> &dy) {
    Gradients gradients;
    std::vector<std::byte> workspace = block.workspace(JSNORM_BACKWARD);
    jsnorm::BackwardArgs args;
    args.x_desc = args.dy_desc = args.dx_desc = args.dz_desc = block.desc;
    args.x = x.data();
    args.dy = dy.data();
    args.gamma = block.gamma.data();
    args.saved_mean = block.mean.data();
    args.saved_variance = block.variance.data();
    args.mask = block.mask.data();
    args.dx = gradients.x.data();
    args.dz = gradients.z.data();
    args.dgamma = gradients.gamma.data();
    args.dbeta = gradients.beta.data();
    args.workspace = workspace.data();
    args.workspace_bytes = workspace.size();
    jsnorm::backward(block.handle, block.norm, args).or_throw();
    return gradients;
}

// The loss whose gradient with respect to y is y: half the sum of squares.
double loss(Block &block, const std::vector<double> &x, const std::vector<double> &z) {
    double sum = 0.0;
    for (const double value : forward(block, x, z)) sum += 0.5 * value * value;
    return sum;
}

int run() {
    Block block;
    std::vector<double> x(kElements), z(kElements);
    for (size_t i = 0; i < kElements; ++i) {
        const auto at = static_cast<double>(i);
        x[i] = std::sin(1.7 * at) + 0.3;
        z[i] = std::cos(2.3 * at);
    }
    const std::vector<double> dy = forward(block, x, z);
    const Gradients gradients = backward(block, x, dy);

    constexpr double kStep = 1e-6;
    double largest_error = 0.0;
    for (const size_t i : {size_t{0}, size_t{101}, size_t{255}, kElements - 1}) {
        for (auto *tensor : {&x, &z}) {
            const double value = (*tensor)[i];
            (*tensor)[i] = value + kStep;
            const double above = loss(block, x, z);
            (*tensor)[i] = value - kStep;
            const double below = loss(block, x, z);
            (*tensor)[i] = value;
            const double quotient = (above - below) / (2.0 * kStep);
            const double gradient = (tensor == &x ? gradients.x : gradients.z)[i];
            std::printf("d%c[%3zu] %10.6f, by differences %10.6f\n", tensor == &x ? 'x' : 'z', i,
                        gradient, quotient);
            largest_error = std::fmax(largest_error, std::fabs(gradient - quotient));
        }
    }
    std::printf("largest error %.1e\n", largest_error);
    return largest_error < 1e-6 ? 0 : 1;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
