// SPDX-License-Identifier: Apache-2.0
// A case as calls of this library, on tensors and vectors wherever they are.
#pragma once

#include "bench/jsnorm_objects.hpp"
#include "bench/tensors.hpp"

namespace jsnorm::bench {

// Beside the tensors of a set: vectors that all calls share, and scratch memory.
struct Vectors {
    const float *gamma, *beta;
    float *dgamma, *dbeta;
    const float *running_mean, *running_variance;  // inputs of inference
    const double *saved_mean, *saved_variance;     // inputs of a backward pass
    double *mean, *variance;                       // outputs of a forward pass
    void *workspace;
    size_t workspace_bytes;
};

class JsnormCalls {
  public:
    JsnormCalls(const Case &which, jsnormEstimator_t estimator, int threads)
        : which_(which), objects_(which, estimator, threads) {}

    jsnormHandle_t handle() const { return objects_.handle(); }
    size_t workspace_bytes() const { return objects_.workspace_bytes(which_.operation()); }

    // The operation of the case's direction.
    void operate(const TensorSet &set, const Vectors &vectors) const;
    // Where a fused backward pass needs the mask.
    void forward(const TensorSet &set, const Vectors &vectors) const;
    bool needs_forward() const {
        return which_.fusion == Fusion::kAddRelu && which_.direction == Direction::kBackward;
    }

  private:
    void inference(const TensorSet &set, const Vectors &vectors) const;
    void backward(const TensorSet &set, const Vectors &vectors) const;
    template <typename Args>
    void set_common(Args &args, const TensorSet &set, const Vectors &vectors) const;

    Case which_;
    JsnormObjects objects_;
};

}  // namespace jsnorm::bench
