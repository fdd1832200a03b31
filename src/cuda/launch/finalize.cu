// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/launchers.hpp"

namespace jsnorm::cuda {

#define JSNORM_LAUNCH(kernel, Args)                                                    \
    template <class T>                                                                 \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args<T> &args) {     \
        queue.launch(#kernel, gpu::kernel<T>, blocks, gpu::kFinalizeThreads, 0, args); \
    }                                                                                  \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<float> &);         \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<double> &);        \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<Half> &);          \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<BFloat16> &);      \
    Error prepare_##kernel() {                                                         \
        Error error = prepare_kernel(gpu::kernel<float>);                              \
        if (!error) error = prepare_kernel(gpu::kernel<double>);                       \
        if (!error) error = prepare_kernel(gpu::kernel<Half>);                         \
        if (!error) error = prepare_kernel(gpu::kernel<BFloat16>);                     \
        return error;                                                                  \
    }
JSNORM_FINALIZE_KERNELS_OF_T(JSNORM_LAUNCH)
#undef JSNORM_LAUNCH

#define JSNORM_LAUNCH(kernel, Args)                                                      \
    template <class Acc>                                                                 \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args<Acc> &args) {     \
        queue.launch(#kernel, gpu::kernel<Acc>, blocks, gpu::kFinalizeThreads, 0, args); \
    }                                                                                    \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<float> &);           \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<double> &);          \
    Error prepare_##kernel() {                                                           \
        const Error error = prepare_kernel(gpu::kernel<float>);                          \
        return error ? error : prepare_kernel(gpu::kernel<double>);                      \
    }
JSNORM_FINALIZE_KERNELS_OF_ACC(JSNORM_LAUNCH)
#undef JSNORM_LAUNCH

#define JSNORM_LAUNCH(kernel, Args)                                                   \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args &args) {       \
        queue.launch(#kernel, gpu::kernel<>, blocks, gpu::kFinalizeThreads, 0, args); \
    }                                                                                 \
    Error prepare_##kernel() {                                                        \
        return prepare_kernel(gpu::kernel<>);                                         \
    }
JSNORM_FINALIZE_KERNELS(JSNORM_LAUNCH)
#undef JSNORM_LAUNCH

Error prepare_kernels() {
    Error error;
#define JSNORM_PREPARE(kernel, Args) \
    if (!error) error = prepare_##kernel();
    JSNORM_ROWS_KERNELS(JSNORM_PREPARE)
    JSNORM_LAYER_KERNELS(JSNORM_PREPARE)
    JSNORM_COLUMNS_KERNELS(JSNORM_PREPARE)
    JSNORM_PLANES_KERNELS(JSNORM_PREPARE)
    JSNORM_FINALIZE_KERNELS_OF_T(JSNORM_PREPARE)
    JSNORM_FINALIZE_KERNELS_OF_ACC(JSNORM_PREPARE)
    JSNORM_FINALIZE_KERNELS(JSNORM_PREPARE)
#undef JSNORM_PREPARE
    return error;
}

}  // namespace jsnorm::cuda
