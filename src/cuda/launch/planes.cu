// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/launchers.hpp"

namespace jsnorm::cuda {

#define JSNORM_LAUNCHER(kernel, Args)                                               \
    template <class T>                                                              \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args<T> &args) {  \
        queue.launch(#kernel, gpu::kernel<T>, blocks, gpu::kPlaneThreads, 0, args); \
    }                                                                               \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<float> &);      \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<double> &);     \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<Half> &);       \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<BFloat16> &);   \
    Error prepare_##kernel() {                                                      \
        Error error = prepare_kernel(gpu::kernel<float>);                           \
        if (!error) error = prepare_kernel(gpu::kernel<double>);                    \
        if (!error) error = prepare_kernel(gpu::kernel<Half>);                      \
        if (!error) error = prepare_kernel(gpu::kernel<BFloat16>);                  \
        return error;                                                               \
    }
JSNORM_PLANES_KERNELS(JSNORM_LAUNCHER)

}  // namespace jsnorm::cuda
