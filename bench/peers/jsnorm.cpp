// SPDX-License-Identifier: Apache-2.0
// This library, through its public C API.
#include "bench/contestants.hpp"
#include "bench/jsnorm_calls.hpp"

namespace jsnorm::bench {

namespace {

class Jsnorm : public HostContestant {
  public:
    Jsnorm(const Case &which, Tensors &tensors, jsnormEstimator_t estimator, int threads)
        : HostContestant(tensors),
          calls_(which, estimator, threads),
          workspace_(calls_.workspace_bytes()) {
        if (calls_.needs_forward()) {
            for (const TensorSet &set : tensors.sets()) calls_.forward(set, vectors());
        }
    }

  private:
    void call(size_t index) override { calls_.operate(tensors_.sets()[index], vectors()); }

    Vectors vectors() {
        return {tensors_.gamma.data(),
                tensors_.beta.data(),
                tensors_.dgamma.data(),
                tensors_.dbeta.data(),
                tensors_.running_mean.data(),
                tensors_.running_variance.data(),
                tensors_.saved_mean.data(),
                tensors_.saved_variance.data(),
                mean_.data(),
                variance_.data(),
                workspace_.data(),
                workspace_.bytes()};
    }

    JsnormCalls calls_;
    HostMemory workspace_;
    // Of its own: other contestants read the tensors' statistics.
    std::vector<double> mean_ = tensors_.saved_mean, variance_ = tensors_.saved_variance;
};

}  // namespace

std::unique_ptr<Contestant> make_james_stein(const Case &which, Tensors &tensors,
                                             const Settings &settings) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_JAMES_STEIN, settings.threads);
}

std::unique_ptr<Contestant> make_sampling(const Case &which, Tensors &tensors,
                                          const Settings &settings) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_SAMPLING, settings.threads);
}

std::unique_ptr<Contestant> make_none(const Case &which, Tensors &tensors,
                                      const Settings &settings) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_NONE, settings.threads);
}

}  // namespace jsnorm::bench
