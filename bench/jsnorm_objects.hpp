// SPDX-License-Identifier: Apache-2.0
// The library's objects for a case: a handle, a norm descriptor, a tensor descriptor. Statuses
// become exceptions.
#pragma once

#include "bench/case.hpp"

namespace jsnorm::bench {

void check(jsnormStatus_t status);  // throws the library's own words

class JsnormObjects {
  public:
    JsnormObjects(const Case &which, jsnormEstimator_t estimator, int threads);
    ~JsnormObjects();
    JsnormObjects(const JsnormObjects &) = delete;
    JsnormObjects &operator=(const JsnormObjects &) = delete;

    jsnormHandle_t handle() const { return handle_; }
    jsnormNormDescriptor_t norm() const { return norm_; }
    jsnormTensorDescriptor_t desc() const { return desc_; }

    size_t workspace_bytes(jsnormOperation_t operation) const;
    jsnormMemoryTraffic_t traffic(jsnormOperation_t operation, uint32_t tensors) const;

  private:
    jsnormHandle_t handle_ = nullptr;
    jsnormNormDescriptor_t norm_ = nullptr;
    jsnormTensorDescriptor_t desc_ = nullptr;
};

}  // namespace jsnorm::bench
