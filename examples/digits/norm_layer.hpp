// SPDX-License-Identifier: Apache-2.0
// Batch norm and ReLU by jsnorm: y = max(gamma * xhat + beta, 0), x of rows by channels.
// How a layer of a framework would hold the library: one object owns the descriptors, the saved
// and the running statistics and the workspace, and every call passes pointers only.
#pragma once

#include <cstdint>
#include <vector>

#include "backend_memory.hpp"
#include "estimators.hpp"
#include "parameter.hpp"
#include "workspace.hpp"

namespace digits {

// The length of the shrunk vector of means over that of the vector as measured, and the same of the
// variances; 1 is no shrinkage. Of James-Stein it is the factor.
struct ShrinkFactors {
    double mean = 1.0;
    double variance = 1.0;
};

class NormLayer {
  public:
    // The handle must outlive the layer.
    NormLayer(const jsnorm::Handle &handle, const Estimators &estimators, int64_t channels);

    // Normalizes with the statistics of x, and updates the running ones.
    void forward_training(const float *x, float *y, int64_t rows);

    // Normalizes with the running statistics.
    void forward_inference(const float *x, float *y, int64_t rows);

    // The gradient of the last forward_training: dy becomes the gradient of x, in place.
    void backward(const float *x, float *dy, int64_t rows);

    void step(float learning_rate, float momentum);

    // Of the last forward_training; NaN where its statistics are.
    ShrinkFactors shrink_factors() const;
    double largest_xhat(const std::vector<float> &x) const;

    Parameter gamma;
    Parameter beta;

  private:
    void set_rows(int64_t rows);
    size_t elements(int64_t rows) const { return static_cast<size_t>(rows * channels_); }
    size_t channels() const { return static_cast<size_t>(channels_); }

    const jsnorm::Handle &handle_;
    int64_t channels_;
    CallArrays arrays_;
    jsnorm::NormDescriptor norm_;
    jsnorm::TensorDescriptor x_desc_ = jsnorm::TensorDescriptor::create().or_throw();
    Workspace workspace_;
    std::vector<double> saved_mean_, saved_variance_;    // as measured
    std::vector<double> shrunk_mean_, shrunk_variance_;  // as used
    std::vector<float> running_mean_, running_variance_;
    int64_t updates_ = 0;
};

}  // namespace digits
