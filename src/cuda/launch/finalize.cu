// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/launchers.hpp"

namespace jsnorm::cuda {

namespace {

template <class Args>
void launch(Queue &queue, const char *name, void (*kernel)(Args), int64_t blocks,
            const Args &args) {
    constexpr int kThreads = gpu::kFinalizeThreads;
    constexpr size_t kNoSharedBytes = 0;
    if constexpr (requires { args.meeting; }) {
        if (args.meeting == gpu::Meeting::kCluster) {
            queue.launch_cluster(name, kernel, static_cast<int>(blocks), kThreads, args);
            return;
        }
    }
    queue.launch(name, kernel, blocks, kThreads, kNoSharedBytes, args);
}

}  // namespace

#define JSNORM_LAUNCH(kernel, Args)                                                \
    template <class T>                                                             \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args<T> &args) { \
        launch(queue, #kernel, gpu::kernel<T>, blocks, args);                      \
    }                                                                              \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<float> &);     \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<double> &);    \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<Half> &);      \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<BFloat16> &);  \
    Error prepare_##kernel() {                                                     \
        Error error = prepare_kernel(gpu::kernel<float>);                          \
        if (!error) error = prepare_kernel(gpu::kernel<double>);                   \
        if (!error) error = prepare_kernel(gpu::kernel<Half>);                     \
        if (!error) error = prepare_kernel(gpu::kernel<BFloat16>);                 \
        return error;                                                              \
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
    JSNORM_FINALIZE_KERNELS(JSNORM_PREPARE)
#undef JSNORM_PREPARE
    return error;
}

}  // namespace jsnorm::cuda
