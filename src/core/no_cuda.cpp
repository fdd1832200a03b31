// SPDX-License-Identifier: Apache-2.0
// Replaces src/cuda in builds without the CUDA backend.
#include "src/core/backend.hpp"

namespace jsnorm {

const Backend *cuda_backend() {
    return nullptr;
}

}  // namespace jsnorm
