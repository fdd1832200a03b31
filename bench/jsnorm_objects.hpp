// SPDX-License-Identifier: Apache-2.0
// The library's objects for a case: a handle, a norm descriptor, a tensor descriptor. Statuses
// become exceptions.
#pragma once

#include <jsnorm/jsnorm.hpp>

#include "bench/case.hpp"

namespace jsnorm::bench {

class JsnormObjects {
  public:
    JsnormObjects(const Case &which, jsnormEstimator_t estimator, int threads);

    jsnormHandle_t handle() const { return handle_; }
    jsnormNormDescriptor_t norm() const { return norm_; }
    jsnormTensorDescriptor_t desc() const { return desc_; }

    size_t workspace_bytes(jsnormOperation_t operation) const;
    jsnormMemoryTraffic_t traffic(jsnormOperation_t operation, uint32_t tensors) const;

  private:
    Handle handle_;
    NormDescriptor norm_;
    TensorDescriptor desc_;
};

}  // namespace jsnorm::bench
