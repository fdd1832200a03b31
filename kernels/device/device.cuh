// SPDX-License-Identifier: Apache-2.0
// What kernels need beyond plain CUDA, and beyond plain C++ on the executor of src/simt: each
// wrapper has two bodies, for nvcc and for the executor, side by side. With portable.cuh this is
// the one header through which kernels see their machine; its parts are not included elsewhere.
#pragma once

#include "kernels/device/cluster.cuh"
#include "kernels/device/compiler.cuh"
#include "kernels/device/convert.cuh"
#include "kernels/device/memory.cuh"

namespace jsnorm::gpu {

// Of a launch that may begin before the kernel ahead of it has ended: nothing that this one wrote
// may be read before.
JSNORM_DEVICE void wait_for_previous_kernel() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
JSNORM_DEVICE void let_next_kernel_start() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Of a cooperative launch; every thread must arrive.
#if defined(__CUDACC__)
JSNORM_DEVICE void grid_sync() {
    cooperative_groups::this_grid().sync();
}
#else
inline void grid_sync(Site site = Site::here()) {
    simt::grid_barrier(site);
}
#endif

}  // namespace jsnorm::gpu
