// SPDX-License-Identifier: Apache-2.0
// The words that kernels are written in, for nvcc and for the executor of src/simt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/math/portable.cuh"

#if defined(__CUDACC__)
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
#include "src/simt/executor.hpp"

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

// Hides a value from the optimizer, so that addresses are recomputed instead of kept in registers.
#if defined(__CUDACC__)
JSNORM_DEVICE int opaque(int value) {
    asm volatile("" : "+r"(value));
    return value;
}
JSNORM_DEVICE uint32_t opaque(uint32_t value) {
    asm volatile("" : "+r"(value));
    return value;
}
JSNORM_DEVICE int64_t opaque(int64_t value) {
    asm volatile("" : "+l"(value));
    return value;
}
#else
inline int opaque(int value) {
    return value;
}
inline int64_t opaque(int64_t value) {
    return value;
}
inline uint32_t opaque(uint32_t value) {
    return value;
}
#endif

}  // namespace jsnorm::gpu
