// SPDX-License-Identifier: Apache-2.0
// Copies on a stream of the current device, waited for. copy_cuda.cu implements them, and in tests
// the executor's memory.
#pragma once

#include "src/cuda/launch/runtime.hpp"

namespace jsnorm::distributed {

cuda::Error copy_up(jsnormStream_t stream, void *device, const void *host, size_t bytes);
cuda::Error copy_down(jsnormStream_t stream, void *host, const void *device, size_t bytes);

}  // namespace jsnorm::distributed
