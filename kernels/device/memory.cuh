// SPDX-License-Identifier: Apache-2.0
// How kernels reach memory: through global<T> and shared<T> alone. Under nvcc they are T*; on the
// executor they carry their bounds, and every access names its line in the source.
#pragma once

#include "kernels/device/compiler.cuh"

namespace jsnorm::gpu {

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

// The address modulo 16.
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

// Elements that one instruction loads or stores.
template <class T, int V>
struct alignas(sizeof(T) * V) Vec {
    T v[V];
};

#if defined(__CUDACC__)
namespace detail {
// The machine's type of so many bytes: one instruction moves it.
template <size_t bytes>
struct Word;
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
// marked evict-first: nobody reads the data again. Those *_from_l2 pass by the L1 cache, which may
// hold older contents until the kernel has waited for the one before it.

#if defined(__CUDACC__)
template <class T>
JSNORM_DEVICE T load(const T *pointer) {
    return *pointer;
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
template <int V, class T>
JSNORM_DEVICE Vec<T, V> load_vec_from_l2(const T *pointer) {
    return detail::bits_as<Vec<T, V>>(
        __ldcg(reinterpret_cast<const detail::WordOf<Vec<T, V>> *>(pointer)));
}
#else
template <class T>
std::remove_const_t<T> load(global<T> pointer, Site site = Site::here()) {
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
template <int V, class T>
Vec<std::remove_const_t<T>, V> load_vec_from_l2(global<T> pointer, Site site = Site::here()) {
    return simt::load(simt::global_cast<const Vec<std::remove_const_t<T>, V>>(pointer), site);
}
#endif

#if defined(__CUDACC__)
template <class T>
JSNORM_DEVICE void store(T *pointer, std::type_identity_t<T> value) {
    *pointer = value;
}
// By the intrinsic: the compiler took plain stores of 16 bytes apart.
template <int V, class T>
JSNORM_DEVICE void store_vec(T *pointer, const Vec<T, V> &value) {
    using Word = detail::WordOf<Vec<T, V>>;
    __stwb(reinterpret_cast<Word *>(pointer), detail::bits_as<Word>(value));
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
    constexpr bool kAcquireRelease = false;
    return simt::atomic(
        pointer, [bits](uint32_t old) { return old | bits; }, kAcquireRelease, site);
}
#endif

}  // namespace jsnorm::gpu
