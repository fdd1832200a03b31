// SPDX-License-Identifier: Apache-2.0
// One function for each kernel of the list, defined in the source of this folder that compiles it.
#pragma once

#include "kernels/columns/apply_backward.cuh"
#include "kernels/columns/apply_forward.cuh"
#include "kernels/columns/gradient_sums.cuh"
#include "kernels/columns/statistics.cuh"
#include "kernels/finalize/backward.cuh"
#include "kernels/finalize/forward.cuh"
#include "kernels/finalize/zero_gradients.cuh"
#include "kernels/planes/apply_backward.cuh"
#include "kernels/planes/apply_forward.cuh"
#include "kernels/planes/gradient_sums.cuh"
#include "kernels/planes/statistics.cuh"
#include "kernels/rows/apply_backward.cuh"
#include "kernels/rows/apply_forward.cuh"
#include "kernels/rows/fused_backward.cuh"
#include "kernels/rows/fused_forward.cuh"
#include "kernels/rows/gradient_sums.cuh"
#include "kernels/rows/layer_backward.cuh"
#include "kernels/rows/layer_forward.cuh"
#include "kernels/rows/statistics.cuh"
#include "src/cuda/launch/queue.hpp"
#include "src/cuda/launch/variants.hpp"

namespace jsnorm::cuda {

// blocks: units of work; of a finalize kernel whose blocks meet, all there are. lanes: of a row.
// shared_bytes: dynamic shared memory.
#define JSNORM_DECLARE(kernel, Args)                                                       \
    template <class T>                                                                     \
    void launch_##kernel(Queue &queue, int32_t lanes, int64_t blocks, size_t shared_bytes, \
                         const gpu::Args<T> &args);                                        \
    Error prepare_##kernel();
JSNORM_ROWS_KERNELS(JSNORM_DECLARE)
JSNORM_LAYER_KERNELS(JSNORM_DECLARE)
#undef JSNORM_DECLARE

#define JSNORM_DECLARE(kernel, Args)                                              \
    template <class T>                                                            \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args<T> &args); \
    Error prepare_##kernel();
JSNORM_COLUMNS_KERNELS(JSNORM_DECLARE)
JSNORM_PLANES_KERNELS(JSNORM_DECLARE)
JSNORM_FINALIZE_KERNELS(JSNORM_DECLARE)
#undef JSNORM_DECLARE

// Loads every kernel of the list.
Error prepare_kernels();

}  // namespace jsnorm::cuda
