// SPDX-License-Identifier: Apache-2.0
// Defines the launcher of a kernel of rows: JSNORM_LAUNCH_ROWS(kernel, its arguments).
#pragma once

#include "src/cuda/launch/launchers.hpp"

#define JSNORM_LAUNCH_LANES(lanes)                                                \
    case lanes:                                                                   \
        return queue.launch(name, Kernels<T>::template instance<lanes>(), blocks, \
                            gpu::kRowThreads<lanes>, shared_bytes, args);

#define JSNORM_PREPARE_LANES(lanes) \
    if (!error) error = prepare_kernel(Kernels<T>::template instance<lanes>());

#define JSNORM_LAUNCH_ROWS(kernel, Args)                                                           \
    namespace jsnorm::cuda {                                                                       \
    namespace {                                                                                    \
    template <class T>                                                                             \
    struct Kernels {                                                                               \
        template <int kLanes>                                                                      \
        static auto instance() -> void (*)(gpu::Args<T>) {                                         \
            return gpu::kernel<T, kLanes>;                                                         \
        }                                                                                          \
    };                                                                                             \
    template <class T>                                                                             \
    void prepare_lanes(Error &error) {                                                             \
        JSNORM_ROW_LANES(JSNORM_PREPARE_LANES)                                                     \
    }                                                                                              \
    }                                                                                              \
    template <class T>                                                                             \
    void launch_##kernel(Queue &queue, int32_t lanes, int64_t blocks, size_t shared_bytes,         \
                         const gpu::Args<T> &args) {                                               \
        constexpr const char *name = #kernel;                                                      \
        switch (lanes) { JSNORM_ROW_LANES(JSNORM_LAUNCH_LANES) }                                   \
    }                                                                                              \
    template void launch_##kernel(Queue &, int32_t, int64_t, size_t, const gpu::Args<float> &);    \
    template void launch_##kernel(Queue &, int32_t, int64_t, size_t, const gpu::Args<double> &);   \
    template void launch_##kernel(Queue &, int32_t, int64_t, size_t, const gpu::Args<Half> &);     \
    template void launch_##kernel(Queue &, int32_t, int64_t, size_t, const gpu::Args<BFloat16> &); \
    Error prepare_##kernel() {                                                                     \
        Error error;                                                                               \
        prepare_lanes<float>(error);                                                               \
        prepare_lanes<double>(error);                                                              \
        prepare_lanes<Half>(error);                                                                \
        prepare_lanes<BFloat16>(error);                                                            \
        return error;                                                                              \
    }                                                                                              \
    }
