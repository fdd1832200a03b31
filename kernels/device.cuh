// SPDX-License-Identifier: Apache-2.0
// What kernels need beyond plain CUDA, and beyond plain C++ on the executor of tests/simt: each
// wrapper has two bodies, for nvcc and for the executor, side by side. With portable.cuh this is
// the one header through which kernels see their machine.
//
// Memory is reached through global<T> and shared<T> alone. Under nvcc they are T*; on the executor
// they carry their bounds, and every access names the line it was written on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/portable.cuh"

#if defined(__CUDACC__)
#include <cooperative_groups.h>

#include <cstring>

#define JSNORM_KERNEL(threads, min_blocks) __global__ void __launch_bounds__(threads, min_blocks)
#define JSNORM_DEVICE __device__ __forceinline__
#define JSNORM_UNROLL _Pragma("unroll")
#define JSNORM_ROLLED _Pragma("unroll 1")
#define JSNORM_SHARED(T, name, n) __shared__ T name[n]
#define JSNORM_DYNAMIC_SHARED(T, name)                                     \
    extern __shared__ __align__(16) unsigned char jsnorm_dynamic_shared[]; \
    T *const name = reinterpret_cast<T *>(jsnorm_dynamic_shared)
#elif defined(JSNORM_SIMT)
#include "tests/simt/executor.hpp"

#define JSNORM_KERNEL(threads, min_blocks) void
#define JSNORM_DEVICE inline
#define JSNORM_UNROLL
#define JSNORM_ROLLED
#define JSNORM_SHARED(T, name, n)   \
    static char name##_declaration; \
    const ::simt::shared<T> name = ::simt::declare_shared<T>(n, #name, &name##_declaration)
#define JSNORM_DYNAMIC_SHARED(T, name) \
    const ::simt::shared<T> name = ::simt::declare_dynamic_shared<T>(#name)
#else
#error "kernels are compiled by nvcc, or with JSNORM_SIMT for the executor"
#endif

namespace jsnorm::gpu {

// The same number, which the compiler takes for a new one: what is computed from it is computed
// again, and does not wait in registers since it was last needed.
#if defined(__CUDACC__)
JSNORM_DEVICE int opaque(int value) {
    asm volatile("" : "+r"(value));
    return value;
}
#else
inline int opaque(int value) {
    return value;
}
#endif

// ---- Pointers ---------------------------------------------------------------------------------

#if defined(__CUDACC__)
template <class T>
using global = T *;
template <class T>
using shared = T *;
template <class U, class T>
JSNORM_DEVICE U *global_cast(T *pointer) {
    return reinterpret_cast<U *>(pointer);
}
template <class U, class T>
JSNORM_DEVICE U *shared_cast(T *pointer) {
    return reinterpret_cast<U *>(pointer);
}
#else
using simt::global;
using simt::global_cast;
using simt::shared;
using simt::shared_cast;
using simt::Site;
#endif

// Bytes by which a place lies beyond the last multiple of 16.
#if defined(__CUDACC__)
template <class T>
JSNORM_DEVICE int bytes_beyond_16(T *pointer) {
    return static_cast<int>(reinterpret_cast<uintptr_t>(pointer) % 16);
}
#else
template <class T>
int bytes_beyond_16(global<T> pointer) {
    return static_cast<int>(reinterpret_cast<uintptr_t>(pointer.raw()) % 16);
}
#endif

// Elements that are loaded and stored by one instruction.
template <class T, int V>
struct alignas(sizeof(T) * V) Vec {
    T v[V];
};

#if defined(__CUDACC__)
namespace detail {
// The machine's type of that many bytes: what one instruction moves.
template <size_t bytes>
struct Word;
template <>
struct Word<1> {
    using Type = unsigned char;
};
template <>
struct Word<2> {
    using Type = unsigned short;
};
template <>
struct Word<4> {
    using Type = unsigned int;
};
template <>
struct Word<8> {
    using Type = uint2;
};
template <>
struct Word<16> {
    using Type = uint4;
};
template <class T>
using WordOf = typename Word<sizeof(T)>::Type;

// By value: from a reference to memory the compiler would copy byte by byte.
template <class To, class From>
JSNORM_DEVICE To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof(To));
    return to;
}
}  // namespace detail
#endif

// ---- Global memory ----------------------------------------------------------------------------
// Plain loads, not through the read-only cache: operations may be in place. The *_last variants are
// marked evict-first, for data that nobody will read again.

#if defined(__CUDACC__)
template <class T>
JSNORM_DEVICE T load(const T *pointer) {
    return *pointer;
}
template <class T>
JSNORM_DEVICE T load_last(const T *pointer) {
    return detail::bits_as<T>(__ldcs(reinterpret_cast<const detail::WordOf<T> *>(pointer)));
}
template <int V, class T>
JSNORM_DEVICE Vec<T, V> load_vec(const T *pointer) {
    return detail::bits_as<Vec<T, V>>(
        *reinterpret_cast<const detail::WordOf<Vec<T, V>> *>(pointer));
}
template <int V, class T>
JSNORM_DEVICE Vec<T, V> load_vec_last(const T *pointer) {
    return detail::bits_as<Vec<T, V>>(
        __ldcs(reinterpret_cast<const detail::WordOf<Vec<T, V>> *>(pointer)));
}
#else
template <class T>
std::remove_const_t<T> load(global<T> pointer, Site site = Site::here()) {
    return simt::load(pointer, site);
}
template <class T>
std::remove_const_t<T> load_last(global<T> pointer, Site site = Site::here()) {
    return simt::load(pointer, site);
}
template <int V, class T>
Vec<std::remove_const_t<T>, V> load_vec(global<T> pointer, Site site = Site::here()) {
    return simt::load(simt::global_cast<const Vec<std::remove_const_t<T>, V>>(pointer), site);
}
template <int V, class T>
Vec<std::remove_const_t<T>, V> load_vec_last(global<T> pointer, Site site = Site::here()) {
    return simt::load(simt::global_cast<const Vec<std::remove_const_t<T>, V>>(pointer), site);
}
#endif

#if defined(__CUDACC__)
template <class T>
JSNORM_DEVICE void store(T *pointer, std::type_identity_t<T> value) {
    *pointer = value;
}
template <class T>
JSNORM_DEVICE void store_last(T *pointer, std::type_identity_t<T> value) {
    using Word = detail::WordOf<T>;
    __stcs(reinterpret_cast<Word *>(pointer), detail::bits_as<Word>(value));
}
template <int V, class T>
JSNORM_DEVICE void store_vec(T *pointer, const Vec<T, V> &value) {
    using Word = detail::WordOf<Vec<T, V>>;
    *reinterpret_cast<Word *>(pointer) = detail::bits_as<Word>(value);
}
template <int V, class T>
JSNORM_DEVICE void store_vec_last(T *pointer, const Vec<T, V> &value) {
    using Word = detail::WordOf<Vec<T, V>>;
    __stcs(reinterpret_cast<Word *>(pointer), detail::bits_as<Word>(value));
}
#else
template <class T>
void store(global<T> pointer, std::type_identity_t<T> value, Site site = Site::here()) {
    simt::store(pointer, value, site);
}
template <class T>
void store_last(global<T> pointer, std::type_identity_t<T> value, Site site = Site::here()) {
    simt::store(pointer, value, site);
}
template <int V, class T>
void store_vec(global<T> pointer, const Vec<T, V> &value, Site site = Site::here()) {
    simt::store(simt::global_cast<Vec<T, V>>(pointer), value, site);
}
template <int V, class T>
void store_vec_last(global<T> pointer, const Vec<T, V> &value, Site site = Site::here()) {
    simt::store(simt::global_cast<Vec<T, V>>(pointer), value, site);
}
#endif

// ---- Atomics ----------------------------------------------------------------------------------

#if defined(__CUDACC__)
JSNORM_DEVICE uint32_t atomic_or(uint32_t *pointer, uint32_t bits) {
    return atomicOr(pointer, bits);
}
#else
inline uint32_t atomic_or(global<uint32_t> pointer, uint32_t bits, Site site = Site::here()) {
    return simt::atomic(
        pointer, [bits](uint32_t old) { return old | bits; }, false, site);
}
#endif

// Counts up, and orders: what the block did before its last barrier is seen by whoever draws a
// later ticket, and after the next barrier by all of that block.
#if defined(__CUDACC__)
JSNORM_DEVICE uint32_t ticket_acq_rel(uint32_t *pointer) {
    uint32_t old;
    asm volatile("atom.add.acq_rel.gpu.global.u32 %0, [%1], 1;"
                 : "=r"(old)
                 : "l"(__cvta_generic_to_global(pointer))
                 : "memory");
    return old;
}
#else
inline uint32_t ticket_acq_rel(global<uint32_t> pointer, Site site = Site::here()) {
    return simt::atomic(
        pointer, [](uint32_t old) { return old + 1; }, true, site);
}
#endif

// ---- Grid -------------------------------------------------------------------------------------

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

// ---- Clusters and bulk copies: from sm_90 on; kernels that call them trap below
// ------------------

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
JSNORM_DEVICE void cluster_sync() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile(
        "barrier.cluster.arrive.release.aligned;\n"
        "barrier.cluster.wait.acquire.aligned;" ::
            : "memory");
#else
    __trap();
#endif
}
// The same place in the shared memory of the cluster's block `rank`.
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
inline void cluster_sync(Site site = Site::here()) {
    simt::cluster_barrier(site);
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
void bulk_load(shared<T> to, global<std::type_identity_t<const T>> from, uint32_t bytes,
               shared<Mbarrier> barrier, Site site = Site::here()) {
    simt::bulk_load(to.allocation(), to.raw(), from.allocation(), from.raw(), bytes, barrier, site);
}
#endif

}  // namespace jsnorm::gpu
