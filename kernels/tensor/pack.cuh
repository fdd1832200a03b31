// SPDX-License-Identifier: Apache-2.0
// 16 bytes of elements in registers: four words, which are taken apart where arithmetic needs the
// elements. (An array of 16-bit values would take a register for each.)
#pragma once

#include <bit>

#include "kernels/device/device.cuh"
#include "kernels/math/scalar.cuh"

namespace jsnorm::gpu {

// Elements in 16 bytes.
template <class T>
inline constexpr int kWidth = 16 / static_cast<int>(sizeof(T));

template <class T>
struct alignas(16) Pack {
    uint32_t words[4];

    // Element e as a number.
    JSNORM_HD Compute<T> get(int e) const {
        if constexpr (sizeof(T) == 8) {
            return std::bit_cast<T>(static_cast<uint64_t>(words[2 * e + 1]) << 32 | words[2 * e]);
        } else if constexpr (sizeof(T) == 4) {
            return std::bit_cast<T>(words[e]);
        } else {
            return widen(element(e));
        }
    }

    // Element e becomes a number, rounded.
    JSNORM_HD void set(int e, Compute<T> value) {
        if constexpr (sizeof(T) == 8) {
            const auto bits = std::bit_cast<uint64_t>(value);
            words[2 * e] = static_cast<uint32_t>(bits);
            words[2 * e + 1] = static_cast<uint32_t>(bits >> 32);
        } else if constexpr (sizeof(T) == 4) {
            words[e] = std::bit_cast<uint32_t>(value);
        } else {
            put(e, narrow<T>(value));
        }
    }

    // The bits of element e.
    JSNORM_HD T element(int e) const {
        if constexpr (sizeof(T) > 2) {
            return get(e);
        } else {
            return T{static_cast<uint16_t>(words[e / 2] >> (16 * (e % 2)))};
        }
    }
    // Element e becomes these bits.
    JSNORM_HD void put(int e, T element) {
        if constexpr (sizeof(T) > 2) {
            set(e, element);
        } else {
            const uint32_t bits = element.bits;
            words[e / 2] = e % 2 == 0 ? (words[e / 2] & 0xffff0000u) | bits
                                      : (words[e / 2] & 0x0000ffffu) | bits << 16;
        }
    }

    // Element e becomes 0.
    JSNORM_HD void clear(int e) {
        if constexpr (sizeof(T) == 8) {
            words[2 * e] = 0;
            words[2 * e + 1] = 0;
        } else if constexpr (sizeof(T) == 4) {
            words[e] = 0;
        } else {
            words[e / 2] &= e % 2 == 0 ? 0xffff0000u : 0x0000ffffu;
        }
    }
};

// Whether the same elements are read again soon. Never: the access is marked evict-first.
enum class Reuse { kLater, kNever };

template <Reuse kReuse, class T>
JSNORM_DEVICE Pack<T> load_pack(global<const T> p) {
    const global<const uint32_t> words = global_cast<const uint32_t>(p);
    const Vec<uint32_t, 4> v =
        kReuse == Reuse::kNever ? load_vec_last<4>(words) : load_vec<4>(words);
    return {{v.v[0], v.v[1], v.v[2], v.v[3]}};
}

template <class T>
JSNORM_DEVICE void store_pack(global<T> p, const Pack<T> &pack) {
    store_vec<4>(global_cast<uint32_t>(p),
                 Vec<uint32_t, 4>{{pack.words[0], pack.words[1], pack.words[2], pack.words[3]}});
}

}  // namespace jsnorm::gpu
