// SPDX-License-Identifier: Apache-2.0
// 16 bytes of elements in registers: four words, which are taken apart where arithmetic needs the
// elements. (An array of 16-bit values would take a register for each.)
#pragma once

#include <bit>
#include <type_traits>

#include "kernels/device/device.cuh"
#include "kernels/math/scalar.cuh"

namespace jsnorm::gpu {

// Elements in 16 bytes.
template <class T>
inline constexpr int kWidth = 16 / static_cast<int>(sizeof(T));

template <class T>
struct alignas(16) Pack {
    uint32_t words[4];

    // Elements [first, first + kCount) as numbers: two an instruction, where the machine has one.
    template <int kCount>
    JSNORM_DEVICE void unpack(Compute<T> (&values)[kCount], int first = 0) const {
        if constexpr (sizeof(T) > 2) {
            JSNORM_UNROLL
            for (int e = 0; e < kCount; ++e) values[e] = get(first + e);
        } else {
            JSNORM_UNROLL
            for (int e = 0; e < kCount; e += 2) {
                const FloatPair pair = widen_pair<T>(words[(first + e) / 2]);
                values[e] = pair.low;
                values[e + 1] = pair.high;
            }
        }
    }
    // And back, rounded.
    template <int kCount>
    JSNORM_DEVICE void pack(const Compute<T> (&values)[kCount], int first = 0) {
        if constexpr (sizeof(T) > 2) {
            JSNORM_UNROLL
            for (int e = 0; e < kCount; ++e) set(first + e, values[e]);
        } else {
            JSNORM_UNROLL
            for (int e = 0; e < kCount; e += 2) {
                words[(first + e) / 2] = narrow_pair<T>({values[e], values[e + 1]});
            }
        }
    }

    // Element e as a number.
    JSNORM_DEVICE Compute<T> get(int e) const {
        if constexpr (sizeof(T) == 8) {
            return std::bit_cast<T>(static_cast<uint64_t>(words[2 * e + 1]) << 32 | words[2 * e]);
        } else if constexpr (sizeof(T) == 4) {
            return std::bit_cast<T>(words[e]);
        } else {
            const FloatPair pair = widen_pair<T>(words[e / 2]);
            return e % 2 == 0 ? pair.low : pair.high;
        }
    }

    // Element e becomes a number, rounded.
    JSNORM_DEVICE void set(int e, Compute<T> value) {
        if constexpr (sizeof(T) == 8) {
            const auto bits = std::bit_cast<uint64_t>(value);
            words[2 * e] = static_cast<uint32_t>(bits);
            words[2 * e + 1] = static_cast<uint32_t>(bits >> 32);
        } else if constexpr (sizeof(T) == 4) {
            words[e] = std::bit_cast<uint32_t>(value);
        } else {
            put(e, T{static_cast<uint16_t>(narrow_pair<T>({value, 0}))});
        }
    }

    // The bits of element e.
    JSNORM_DEVICE T element(int e) const {
        if constexpr (sizeof(T) > 2) {
            return get(e);
        } else {
            return T{static_cast<uint16_t>(words[e / 2] >> (16 * (e % 2)))};
        }
    }
    // Element e becomes these bits.
    JSNORM_DEVICE void put(int e, T element) {
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

// The same elements, which the compiler unpacks again instead of keeping them in registers.
template <class T>
JSNORM_DEVICE Pack<T> opaque(const Pack<T> &pack) {
    return {{opaque(pack.words[0]), opaque(pack.words[1]), opaque(pack.words[2]),
             opaque(pack.words[3])}};
}

// Whether the same elements are read again soon. Never: the access is marked evict-first.
enum class Reuse {
    kLater,
    kNever,
    kFromL2,  // a load that may come before the wait for the previous kernel
};
// For loops that are compiled once for each.
using ReuseLater = std::integral_constant<Reuse, Reuse::kLater>;
using ReuseNever = std::integral_constant<Reuse, Reuse::kNever>;

template <Reuse kReuse, class T>
JSNORM_DEVICE Pack<T> load_pack(global<const T> p) {
    const global<const uint32_t> words = global_cast<const uint32_t>(p);
    const Vec<uint32_t, 4> v = kReuse == Reuse::kNever    ? load_vec_last<4>(words)
                               : kReuse == Reuse::kFromL2 ? load_vec_from_l2<4>(words)
                                                          : load_vec<4>(words);
    return {{v.v[0], v.v[1], v.v[2], v.v[3]}};
}

template <Reuse kReuse, class T>
JSNORM_DEVICE void store_pack(global<T> p, const Pack<T> &pack) {
    const global<uint32_t> words = global_cast<uint32_t>(p);
    const Vec<uint32_t, 4> v = {{pack.words[0], pack.words[1], pack.words[2], pack.words[3]}};
    if constexpr (kReuse == Reuse::kNever) {
        store_vec_last<4>(words, v);
    } else {
        store_vec<4>(words, v);
    }
}

template <class T>
JSNORM_DEVICE void store_pack(global<T> p, const Pack<T> &pack) {
    store_pack<Reuse::kLater>(p, pack);
}

}  // namespace jsnorm::gpu
