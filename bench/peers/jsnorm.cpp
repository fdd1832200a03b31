// SPDX-License-Identifier: Apache-2.0
// This library, through its public C API.
#include "bench/jsnorm_objects.hpp"
#include "bench/peers/peers.hpp"

namespace jsnorm::bench {

namespace {

class Jsnorm : public HostContestant {
  public:
    Jsnorm(const Case &which, Tensors &tensors, jsnormEstimator_t estimator, int threads)
        : HostContestant(tensors),
          which_(which),
          objects_(which, estimator, threads),
          workspace_(objects_.workspace_bytes(which.operation()) + JSNORM_WORKSPACE_ALIGNMENT) {
        if (which.fusion == Fusion::kAddRelu && which.direction == Direction::kBackward) {
            // Forward, once per set, for the mask.
            for (const TensorSet &set : tensors.sets()) forward(set);
        }
    }

  private:
    void call(size_t index) override {
        const TensorSet &set = tensors_.sets()[index];
        switch (which_.direction) {
            case Direction::kForward:
                return forward(set);
            case Direction::kInference:
                return inference(set);
            default:
                return backward(set);
        }
    }

    // What the argument structs have in common.
    template <typename Args>
    void set_common(Args &args, const TensorSet &set) {
        args.x_desc = objects_.desc();
        args.x = set.x;
        args.gamma = tensors_.gamma.data();
        args.workspace = workspace_.data();
        args.workspace_bytes = workspace_.bytes();
    }

    void forward(const TensorSet &set) {
        jsnormForwardTrainingArgs_t args;
        check(jsnormForwardTrainingArgsInit(&args, sizeof args));
        set_common(args, set);
        args.y_desc = objects_.desc();
        args.y = set.out;
        args.beta = tensors_.beta.data();
        args.z_desc = set.z != nullptr ? objects_.desc() : nullptr;
        args.z = set.z;
        args.mask = set.mask;
        args.saved_mean = mean_.data();
        args.saved_variance = variance_.data();
        check(jsnormForwardTraining(objects_.handle(), objects_.norm(), &args));
    }

    void inference(const TensorSet &set) {
        jsnormForwardInferenceArgs_t args;
        check(jsnormForwardInferenceArgsInit(&args, sizeof args));
        set_common(args, set);
        args.y_desc = objects_.desc();
        args.y = set.out;
        args.beta = tensors_.beta.data();
        args.z_desc = set.z != nullptr ? objects_.desc() : nullptr;
        args.z = set.z;
        if (which_.shape.layer == Layer::kBatch) {
            args.running_mean = tensors_.running_mean.data();
            args.running_variance = tensors_.running_variance.data();
        }
        check(jsnormForwardInference(objects_.handle(), objects_.norm(), &args));
    }

    void backward(const TensorSet &set) {
        jsnormBackwardArgs_t args;
        check(jsnormBackwardArgsInit(&args, sizeof args));
        set_common(args, set);
        args.dy_desc = args.dx_desc = objects_.desc();
        args.dy = set.dy;
        args.dx = set.out;
        args.dz_desc = set.dz != nullptr ? objects_.desc() : nullptr;
        args.dz = set.dz;
        args.mask = set.mask;
        args.saved_mean = tensors_.saved_mean.data();
        args.saved_variance = tensors_.saved_variance.data();
        args.dgamma = tensors_.dgamma.data();
        args.dbeta = tensors_.dbeta.data();
        check(jsnormBackward(objects_.handle(), objects_.norm(), &args));
    }

    Case which_;
    JsnormObjects objects_;
    HostMemory workspace_;
    // Of its own: other contestants read the tensors' statistics.
    std::vector<double> mean_ = tensors_.saved_mean, variance_ = tensors_.saved_variance;
};

}  // namespace

std::unique_ptr<Contestant> make_james_stein(const Case &which, Tensors &tensors,
                                             const Settings &settings) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_JAMES_STEIN, settings.threads);
}

std::unique_ptr<Contestant> make_none(const Case &which, Tensors &tensors,
                                      const Settings &settings) {
    return std::make_unique<Jsnorm>(which, tensors, JSNORM_ESTIMATOR_NONE, settings.threads);
}

std::string jsnorm_version() {
    return jsnormGetVersionString();
}

}  // namespace jsnorm::bench
