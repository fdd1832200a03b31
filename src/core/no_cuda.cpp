// SPDX-License-Identifier: Apache-2.0
// In the place of src/cuda where the build has no CUDA backend.
#include "src/core/backend.hpp"

namespace jsnorm {

const Backend *cuda_backend() {
    return nullptr;
}

}  // namespace jsnorm
