// SPDX-License-Identifier: Apache-2.0
// The shared memory of a cluster's other blocks, and bulk copies: from sm_90 on; kernels that call
// them trap below.
#pragma once

#include "kernels/device/device.cuh"

namespace jsnorm::gpu {

#if defined(__CUDACC__)
struct Mbarrier {
    unsigned long long state;
};

namespace detail {
JSNORM_DEVICE uint32_t shared_address(const void *pointer) {
    return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}
}  // namespace detail

JSNORM_DEVICE uint32_t cluster_rank() {
    uint32_t rank = 0;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
#else
    __trap();
#endif
    return rank;
}
// The same address in the shared memory of the cluster's block `rank`.
template <class T>
JSNORM_DEVICE T *cluster_map(T *pointer, uint32_t rank) {
    T *there = nullptr;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm("mapa.u64 %0, %1, %2;" : "=l"(there) : "l"(pointer), "r"(rank));
#else
    __trap();
#endif
    return there;
}
JSNORM_DEVICE void mbarrier_init(Mbarrier *barrier, uint32_t count) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile(
        "mbarrier.init.shared::cta.b64 [%0], %1;\n"
        "fence.mbarrier_init.release.cluster;" ::"r"(detail::shared_address(barrier)),
        "r"(count)
        : "memory");
#else
    __trap();
#endif
}
// Arrives, and announces bytes that bulk loads will bring.
JSNORM_DEVICE void mbarrier_arrive_tx(Mbarrier *barrier, uint32_t bytes) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(
                     detail::shared_address(barrier)),
                 "r"(bytes)
                 : "memory");
#else
    __trap();
#endif
}
JSNORM_DEVICE void mbarrier_wait(Mbarrier *barrier, uint32_t parity) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile(
        "{\n"
        ".reg .pred complete;\n"
        "wait_%=:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 complete, [%0], %1;\n"
        "@!complete bra wait_%=;\n"
        "}" ::"r"(detail::shared_address(barrier)),
        "r"(parity)
        : "memory");
#else
    __trap();
#endif
}
template <class T>
JSNORM_DEVICE void bulk_load(T *to, const T *from, uint32_t bytes, Mbarrier *barrier) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::
            "r"(detail::shared_address(to)),
        "l"(__cvta_generic_to_global(from)), "r"(bytes), "r"(detail::shared_address(barrier))
        : "memory");
#else
    __trap();
#endif
}
#else
using simt::Mbarrier;

inline uint32_t cluster_rank() {
    return simt::cluster_rank();
}
template <class T>
shared<T> cluster_map(shared<T> pointer, uint32_t rank, Site site = Site::here()) {
    return simt::cluster_map(pointer, rank, site);
}
inline void mbarrier_init(shared<Mbarrier> barrier, uint32_t count, Site site = Site::here()) {
    simt::mbarrier_init(barrier, count, site);
}
inline void mbarrier_arrive_tx(shared<Mbarrier> barrier, uint32_t bytes, Site site = Site::here()) {
    simt::mbarrier_arrive_tx(barrier, bytes, site);
}
inline void mbarrier_wait(shared<Mbarrier> barrier, uint32_t parity, Site site = Site::here()) {
    simt::mbarrier_wait(barrier, parity, site);
}
template <class T>
void bulk_load(shared<T> to, global<std::type_identity_t<const T> > from, uint32_t bytes,
               shared<Mbarrier> barrier, Site site = Site::here()) {
    simt::bulk_load(to.allocation(), to.raw(), from.allocation(), from.raw(), bytes, barrier, site);
}
#endif

}  // namespace jsnorm::gpu
