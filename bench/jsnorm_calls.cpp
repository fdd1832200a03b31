// SPDX-License-Identifier: Apache-2.0
#include "bench/jsnorm_calls.hpp"

namespace jsnorm::bench {

void JsnormCalls::operate(const TensorSet &set, const Vectors &vectors) const {
    switch (which_.direction) {
        case Direction::kForward:
            return forward(set, vectors);
        case Direction::kInference:
            return inference(set, vectors);
        default:
            return backward(set, vectors);
    }
}

template <typename Args>
void JsnormCalls::set_common(Args &args, const TensorSet &set, const Vectors &vectors) const {
    args.x_desc = objects_.desc();
    args.x = set.x;
    args.gamma = vectors.gamma;
    args.workspace = vectors.workspace;
    args.workspace_bytes = vectors.workspace_bytes;
}

void JsnormCalls::forward(const TensorSet &set, const Vectors &vectors) const {
    ForwardTrainingArgs args;
    set_common(args, set, vectors);
    args.y_desc = objects_.desc();
    args.y = set.out;
    args.beta = vectors.beta;
    args.z_desc = set.z != nullptr ? objects_.desc() : nullptr;
    args.z = set.z;
    args.mask = set.mask;
    args.saved_mean = vectors.mean;
    args.saved_variance = vectors.variance;
    jsnorm::forward_training(objects_.handle(), objects_.norm(), args).or_throw();
}

void JsnormCalls::inference(const TensorSet &set, const Vectors &vectors) const {
    ForwardInferenceArgs args;
    set_common(args, set, vectors);
    args.y_desc = objects_.desc();
    args.y = set.out;
    args.beta = vectors.beta;
    args.z_desc = set.z != nullptr ? objects_.desc() : nullptr;
    args.z = set.z;
    if (which_.shape.layer == Layer::kBatch) {
        args.running_mean = vectors.running_mean;
        args.running_variance = vectors.running_variance;
    }
    jsnorm::forward_inference(objects_.handle(), objects_.norm(), args).or_throw();
}

void JsnormCalls::backward(const TensorSet &set, const Vectors &vectors) const {
    BackwardArgs args;
    set_common(args, set, vectors);
    args.dy_desc = args.dx_desc = objects_.desc();
    args.dy = set.dy;
    args.dx = set.out;
    args.dz_desc = set.dz != nullptr ? objects_.desc() : nullptr;
    args.dz = set.dz;
    args.mask = set.mask;
    args.saved_mean = vectors.saved_mean;
    args.saved_variance = vectors.saved_variance;
    args.dgamma = vectors.dgamma;
    args.dbeta = vectors.dbeta;
    jsnorm::backward(objects_.handle(), objects_.norm(), args).or_throw();
}

}  // namespace jsnorm::bench
