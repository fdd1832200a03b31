// SPDX-License-Identifier: Apache-2.0
// This library on the device, through its public C API.
#include "bench/contestants.hpp"
#include "bench/cuda/device_contestant.hpp"

namespace jsnorm::bench {

namespace {

class Jsnorm : public DeviceContestant {
  public:
    Jsnorm(const Case &which, Tensors &tensors, jsnormEstimator_t estimator)
        : DeviceContestant(which, tensors),
          calls_(which, estimator, 0),
          workspace_(calls_.workspace_bytes()),
          vectors_(device().vectors()) {
        Status(jsnormSetStream(calls_.handle(), device().stream())).or_throw();
        vectors_.workspace = workspace_.as();
        vectors_.workspace_bytes = workspace_.bytes();
        if (calls_.needs_forward()) {
            for (const TensorSet &set : device().sets()) calls_.forward(set, vectors_);
        }
    }

  private:
    void enqueue(const TensorSet &set) override { calls_.operate(set, vectors_); }

    JsnormCalls calls_;
    DeviceMemory workspace_;
    Vectors vectors_;
};

}  // namespace

std::unique_ptr<Contestant> make_james_stein(const Case &which, Tensors &tensors,
                                             const Settings &) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_JAMES_STEIN);
}

std::unique_ptr<Contestant> make_sampling(const Case &which, Tensors &tensors, const Settings &) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_SAMPLING);
}

std::unique_ptr<Contestant> make_none(const Case &which, Tensors &tensors, const Settings &) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_NONE);
}

}  // namespace jsnorm::bench
