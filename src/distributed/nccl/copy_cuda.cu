// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/launch.hpp"
#include "src/distributed/nccl/copy.hpp"

namespace jsnorm::distributed {

namespace {

cuda::Error copy(jsnormStream_t stream, void *to, const void *from, size_t bytes,
                 cudaMemcpyKind kind) {
    const cuda::Error error = cuda::error_of(cudaMemcpyAsync(to, from, bytes, kind, stream));
    return error ? error : cuda::error_of(cudaStreamSynchronize(stream));
}

}  // namespace

cuda::Error copy_up(jsnormStream_t stream, void *device, const void *host, size_t bytes) {
    return copy(stream, device, host, bytes, cudaMemcpyHostToDevice);
}

cuda::Error copy_down(jsnormStream_t stream, void *host, const void *device, size_t bytes) {
    return copy(stream, host, device, bytes, cudaMemcpyDeviceToHost);
}

}  // namespace jsnorm::distributed
