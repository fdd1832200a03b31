// SPDX-License-Identifier: Apache-2.0
#include "norm_layer.hpp"

#include <algorithm>
#include <cmath>

namespace digits {
namespace {

// The weight of a new batch in the running statistics. For the first ten updates they are the plain
// average, so that they forget their initial values; all estimators are treated alike.
double running_factor(int64_t updates) {
    return std::max(0.1, 1.0 / (1.0 + static_cast<double>(updates)));
}

double ratio_of_norms(const std::vector<double> &shrunk, const std::vector<double> &raw) {
    double shrunk_squares = 0.0, raw_squares = 0.0;
    for (const double value : shrunk) shrunk_squares += value * value;
    for (const double value : raw) raw_squares += value * value;
    return raw_squares == 0.0 ? 1.0 : std::sqrt(shrunk_squares / raw_squares);
}

}  // namespace

NormLayer::NormLayer(const jsnorm::Handle &handle, const Estimators &estimators, int64_t channels)
    : gamma(static_cast<size_t>(channels), 1.0f),
      beta(static_cast<size_t>(channels)),
      handle_(handle),
      channels_(channels),
      arrays_(memory_of(handle.backend().or_throw())),
      norm_(jsnorm::NormBuilder(JSNORM_BATCH_NORM)
                .estimators(estimators.mean, estimators.variance)
                .activation(JSNORM_ACTIVATION_RELU)
                .build()
                .or_throw()),
      saved_mean_(static_cast<size_t>(channels)),
      saved_variance_(static_cast<size_t>(channels)),
      shrunk_mean_(static_cast<size_t>(channels)),
      shrunk_variance_(static_cast<size_t>(channels)),
      running_mean_(static_cast<size_t>(channels)),
      running_variance_(static_cast<size_t>(channels), 1.0f) {}

// Batches change their size between training and test; a tensor descriptor may be set again.
void NormLayer::set_rows(int64_t rows) {
    const int64_t dims[] = {rows, channels_};
    x_desc_.set(JSNORM_FLOAT, dims).or_throw();
}

void NormLayer::forward_training(const float *x, float *y, int64_t rows) {
    set_rows(rows);
    workspace_.reserve(handle_, norm_, x_desc_, JSNORM_FORWARD_TRAINING);
    jsnorm::ForwardTrainingArgs args;
    args.x_desc = x_desc_;
    args.x = arrays_.input(x, elements(rows));
    args.y_desc = x_desc_;
    args.y = arrays_.output(y, elements(rows));
    args.gamma = arrays_.input(gamma.value.data(), channels());
    args.beta = arrays_.input(beta.value.data(), channels());
    args.saved_mean = arrays_.output(saved_mean_.data(), channels());
    args.saved_variance = arrays_.output(saved_variance_.data(), channels());
    args.shrunk_mean = arrays_.output(shrunk_mean_.data(), channels());
    args.shrunk_variance = arrays_.output(shrunk_variance_.data(), channels());
    args.next_running_mean = arrays_.in_out(running_mean_.data(), channels());
    args.next_running_variance = arrays_.in_out(running_variance_.data(), channels());
    args.running_mean = static_cast<const float *>(args.next_running_mean);
    args.running_variance = static_cast<const float *>(args.next_running_variance);
    args.factor = running_factor(updates_);
    args.workspace = arrays_.workspace(workspace_.data(), workspace_.bytes());
    args.workspace_bytes = workspace_.bytes();
    jsnorm::forward_training(handle_, norm_, args).or_throw();
    arrays_.finish();
    ++updates_;
}

void NormLayer::forward_inference(const float *x, float *y, int64_t rows) {
    set_rows(rows);
    workspace_.reserve(handle_, norm_, x_desc_, JSNORM_FORWARD_INFERENCE);
    jsnorm::ForwardInferenceArgs args;
    args.x_desc = x_desc_;
    args.x = arrays_.input(x, elements(rows));
    args.y_desc = x_desc_;
    args.y = arrays_.output(y, elements(rows));
    args.gamma = arrays_.input(gamma.value.data(), channels());
    args.beta = arrays_.input(beta.value.data(), channels());
    args.running_mean = arrays_.input(running_mean_.data(), channels());
    args.running_variance = arrays_.input(running_variance_.data(), channels());
    args.workspace = arrays_.workspace(workspace_.data(), workspace_.bytes());
    args.workspace_bytes = workspace_.bytes();
    jsnorm::forward_inference(handle_, norm_, args).or_throw();
    arrays_.finish();
}

// No mask is kept: nothing was added before the ReLU, so its sign is recomputed from x and beta.
void NormLayer::backward(const float *x, float *dy, int64_t rows) {
    set_rows(rows);
    workspace_.reserve(handle_, norm_, x_desc_, JSNORM_BACKWARD);
    jsnorm::BackwardArgs args;
    args.x_desc = x_desc_;
    args.x = arrays_.input(x, elements(rows));
    args.dy_desc = args.dx_desc = x_desc_;
    args.dx = arrays_.in_out(dy, elements(rows));
    args.dy = args.dx;
    args.gamma = arrays_.input(gamma.value.data(), channels());
    args.beta = arrays_.input(beta.value.data(), channels());
    args.saved_mean = arrays_.input(saved_mean_.data(), channels());
    args.saved_variance = arrays_.input(saved_variance_.data(), channels());
    args.dgamma = arrays_.output(gamma.gradient.data(), channels());
    args.dbeta = arrays_.output(beta.gradient.data(), channels());
    args.workspace = arrays_.workspace(workspace_.data(), workspace_.bytes());
    args.workspace_bytes = workspace_.bytes();
    jsnorm::backward(handle_, norm_, args).or_throw();
    arrays_.finish();
}

void NormLayer::step(float learning_rate, float momentum) {
    gamma.step(learning_rate, momentum);
    beta.step(learning_rate, momentum);
}

ShrinkFactors NormLayer::shrink_factors() const {
    return {ratio_of_norms(shrunk_mean_, saved_mean_),
            ratio_of_norms(shrunk_variance_, saved_variance_)};
}

double NormLayer::largest_xhat(const std::vector<float> &x) const {
    constexpr double kEpsilon = 1e-5;  // the library's default
    double largest = 0.0;
    for (size_t i = 0; i < x.size(); ++i) {
        const size_t k = i % shrunk_mean_.size();
        const double deviation = std::sqrt(shrunk_variance_[k] + kEpsilon);
        const double xhat = std::abs(static_cast<double>(x[i]) - shrunk_mean_[k]) / deviation;
        if (std::isnan(xhat)) return xhat;
        largest = std::max(largest, xhat);
    }
    return largest;
}

}  // namespace digits
