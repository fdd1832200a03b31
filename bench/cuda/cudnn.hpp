// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/contestant.hpp"

namespace jsnorm::bench {

// Each throws Unavailable where cuDNN does not have the case.
std::unique_ptr<Contestant> make_cudnn_batch_norm(const Case &which, Tensors &tensors);
std::unique_ptr<Contestant> make_cudnn_layer_norm(const Case &which, Tensors &tensors);

}  // namespace jsnorm::bench
