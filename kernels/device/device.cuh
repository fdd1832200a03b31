// SPDX-License-Identifier: Apache-2.0
// What kernels need beyond plain CUDA, and beyond plain C++ on the executor of src/simt: each
// wrapper has two bodies, for nvcc and for the executor, side by side. Kernels see their machine
// through this header and portable.cuh alone. cluster.cuh is not part of it: a kernel that uses
// clusters includes it.
#pragma once

#include "kernels/device/compiler.cuh"
#include "kernels/device/convert.cuh"
#include "kernels/device/memory.cuh"

namespace jsnorm::gpu {

// Programmatic dependent launch: call this before reading what the previous kernel wrote.
JSNORM_DEVICE void wait_for_previous_kernel() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#elif defined(JSNORM_SIMT)
    simt::wait_for_previous_launch();
#endif
}
// The blocks of the next kernel may take multiprocessors that this one leaves free.
JSNORM_DEVICE void let_next_kernel_start() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// The sum over each run of `lanes` lanes (a power of two up to 32), known to all of them:
// neighbours first. The executor takes all steps at once. Takes part: every lane of the warp.
#if defined(__CUDACC__)
JSNORM_DEVICE double butterfly_sum(double value, int lanes) {
    for (int step = 1; step < lanes; step *= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
    return value;
}
// The maximum likewise. A NaN loses against any number.
JSNORM_DEVICE double butterfly_max(double value, int lanes) {
    for (int step = 1; step < lanes; step *= 2) {
        value = fmax(value, __shfl_xor_sync(0xffffffffu, value, step));
    }
    return value;
}
#else
inline double butterfly_sum(double value, int lanes, Site site = Site::here()) {
    if (lanes == 1) return value;
    return simt::butterfly(0xffffffffu, simt::Collective::ButterflySum, value, lanes, site);
}
inline double butterfly_max(double value, int lanes, Site site = Site::here()) {
    if (lanes == 1) return value;
    return simt::butterfly(0xffffffffu, simt::Collective::ButterflyMax, value, lanes, site);
}
#endif

// wait_for_previous_kernel() and let_next_kernel_start() for a kernel of which some threads load
// what earlier kernels have left alone before they wait: a thread waits once, at the first call of
// wait().
class PreviousKernel {
  public:
    JSNORM_DEVICE void wait() {
        if (waited_) return;
        wait_for_previous_kernel();
        let_next_kernel_start();
        waited_ = true;
    }

  private:
    bool waited_ = false;
};

// The blocks of a cluster meet: each sees what the others wrote before, in global memory too. From
// sm_90 on; traps below. Takes part: every thread of the cluster; those of a warp need not arrive
// together, since a loop may have parted them.
#if defined(__CUDACC__)
JSNORM_DEVICE void cluster_sync() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile(
        "barrier.cluster.arrive.release;\n"
        "barrier.cluster.wait.acquire;" ::
            : "memory");
#else
    __trap();
#endif
}
#else
inline void cluster_sync(Site site = Site::here()) {
    simt::cluster_barrier(site);
}
#endif

}  // namespace jsnorm::gpu
