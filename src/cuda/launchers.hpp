// SPDX-License-Identifier: Apache-2.0
// One function per kernel of the list, defined in the launch_*.cu that compiles it.
#pragma once

#include "kernels/columns_apply.cuh"
#include "kernels/columns_backward.cuh"
#include "kernels/columns_statistics.cuh"
#include "kernels/finalize_backward.cuh"
#include "kernels/finalize_forward.cuh"
#include "kernels/records.cuh"
#include "kernels/rows_backward.cuh"
#include "kernels/rows_forward.cuh"
#include "kernels/rows_gradient_sums.cuh"
#include "src/cuda/queue.hpp"
#include "src/cuda/variants.hpp"

namespace jsnorm::cuda {

// blocks: units of work. lanes: of a row. shared_bytes: dynamic.
#define JSNORM_DECLARE(kernel, Args)                                                       \
    template <class T>                                                                     \
    void launch_##kernel(Queue &queue, int32_t lanes, int64_t blocks, size_t shared_bytes, \
                         const gpu::Args<T> &args);                                        \
    Error prepare_##kernel();
JSNORM_ROWS_KERNELS(JSNORM_DECLARE)
#undef JSNORM_DECLARE

#define JSNORM_DECLARE(kernel, Args)                                        \
    template <class T>                                                      \
    void launch_##kernel(Queue &queue, int64_t blocks, size_t shared_bytes, \
                         const gpu::Args<T> &args);                         \
    Error prepare_##kernel();
JSNORM_COLUMNS_KERNELS(JSNORM_DECLARE)
#undef JSNORM_DECLARE

#define JSNORM_DECLARE(kernel, Args)                                              \
    template <class T>                                                            \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args<T> &args); \
    Error prepare_##kernel();
JSNORM_FINALIZE_KERNELS_OF_T(JSNORM_DECLARE)
JSNORM_FINALIZE_KERNELS_OF_ACC(JSNORM_DECLARE)
#undef JSNORM_DECLARE

#define JSNORM_DECLARE(kernel, Args)                                           \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args &args); \
    Error prepare_##kernel();
JSNORM_FINALIZE_KERNELS(JSNORM_DECLARE)
#undef JSNORM_DECLARE

// Loads every kernel of the list.
Error prepare_kernels();

}  // namespace jsnorm::cuda
