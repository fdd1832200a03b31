// SPDX-License-Identifier: Apache-2.0
// Defines the launcher of a kernel of rows: JSNORM_LAUNCH_ROWS(kernel, its arguments, the list of
// its numbers of lanes), or JSNORM_LAUNCH_LAYER(kernel, its arguments) for one of plain layers.
#pragma once

#include "src/cuda/launch/launchers.hpp"

#define JSNORM_LAUNCH_LANES(lanes)                                                \
    case lanes:                                                                   \
        return queue.launch(name, Kernels<T>::template instance<lanes>(), blocks, \
                            gpu::kRowThreads<lanes>, shared_bytes, args);

#define JSNORM_PREPARE_LANES(lanes) \
    if (!error) error = prepare_kernel(Kernels<T>::template instance<lanes>());

#define JSNORM_PREPARE_TYPE(T) prepare_lanes<T>(error);

// The launcher as a template, and the preparation of every instance. TYPES: the list of types.
#define JSNORM_ROWS_LAUNCHER(kernel, Args, TYPES, LANES)                                   \
    namespace jsnorm::cuda {                                                               \
    namespace {                                                                            \
    template <class T>                                                                     \
    struct Kernels {                                                                       \
        template <int kLanes>                                                              \
        static auto instance() -> void (*)(gpu::Args<T>) {                                 \
            return gpu::kernel<T, kLanes>;                                                 \
        }                                                                                  \
    };                                                                                     \
    template <class T>                                                                     \
    void prepare_lanes(Error &error) {                                                     \
        LANES(JSNORM_PREPARE_LANES)                                                        \
    }                                                                                      \
    }                                                                                      \
    template <class T>                                                                     \
    void launch_##kernel(Queue &queue, int32_t lanes, int64_t blocks, size_t shared_bytes, \
                         const gpu::Args<T> &args) {                                       \
        constexpr const char *name = #kernel;                                              \
        switch (lanes) { LANES(JSNORM_LAUNCH_LANES) }                                      \
    }                                                                                      \
    Error prepare_##kernel() {                                                             \
        Error error;                                                                       \
        TYPES(JSNORM_PREPARE_TYPE)                                                         \
        return error;                                                                      \
    }                                                                                      \
    }

#define JSNORM_INSTANCE(kernel, Args, T)                                           \
    template void jsnorm::cuda::launch_##kernel(Queue &, int32_t, int64_t, size_t, \
                                                const gpu::Args<T> &);

#define JSNORM_LAUNCH_LAYER(kernel, Args)                                    \
    JSNORM_ROWS_LAUNCHER(kernel, Args, JSNORM_LAYER_TYPES, JSNORM_ROW_LANES) \
    JSNORM_INSTANCE(kernel, Args, float)                                     \
    JSNORM_INSTANCE(kernel, Args, jsnorm::Half)                              \
    JSNORM_INSTANCE(kernel, Args, jsnorm::BFloat16)

#define JSNORM_LAUNCH_ROWS(kernel, Args, LANES)             \
    JSNORM_ROWS_LAUNCHER(kernel, Args, JSNORM_TYPES, LANES) \
    JSNORM_INSTANCE(kernel, Args, float)                    \
    JSNORM_INSTANCE(kernel, Args, double)                   \
    JSNORM_INSTANCE(kernel, Args, jsnorm::Half)             \
    JSNORM_INSTANCE(kernel, Args, jsnorm::BFloat16)
