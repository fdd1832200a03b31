// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/cudnn.hpp"

#include "bench/contestants.hpp"

namespace jsnorm::bench {

std::unique_ptr<Contestant> make_cudnn(const Case &which, Tensors &tensors, const Settings &) {
    if (which.shape.layer == Layer::kBatch) return make_cudnn_batch_norm(which, tensors);
    return make_cudnn_layer_norm(which, tensors);
}

}  // namespace jsnorm::bench
