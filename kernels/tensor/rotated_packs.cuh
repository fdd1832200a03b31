// SPDX-License-Identifier: Apache-2.0
// Vectors of 16 bytes at any element of shared memory: written and read an element at a time, in an
// order without bank conflicts. Where eight neighbouring threads have neighbouring vectors, their
// elements are 16 bytes apart and use eight of the 32 banks. So each eight threads of a warp begin
// with a different element of their vectors, and use different banks.
#pragma once

#include "kernels/tensor/pack.cuh"

namespace jsnorm::gpu {

// Element e of the result is element e + distance of `pack`, modulo kWidth<T>. Selects only: an
// index that the compiler does not know would put the vector into local memory.
template <class T>
JSNORM_DEVICE Pack<T> rotated(Pack<T> pack, int distance) {
    if constexpr (sizeof(T) == 2) {
        const Pack<T> from = pack;
        JSNORM_UNROLL
        for (int w = 0; w < 4; ++w) {
            const uint32_t by_one = from.words[w] >> 16 | from.words[(w + 1) % 4] << 16;
            pack.words[w] = distance % 2 != 0 ? by_one : from.words[w];
        }
    }
    const int words = distance * static_cast<int>(sizeof(T)) / 4;
    if constexpr (sizeof(T) <= 4) {
        const Pack<T> from = pack;
        JSNORM_UNROLL
        for (int w = 0; w < 4; ++w) {
            pack.words[w] = from.words[w];
            if (words % 2 != 0) pack.words[w] = from.words[(w + 1) % 4];
        }
    }
    const Pack<T> from = pack;
    JSNORM_UNROLL
    for (int w = 0; w < 4; ++w) {
        pack.words[w] = from.words[w];
        if (words / 2 != 0) pack.words[w] = from.words[(w + 2) % 4];
    }
    return pack;
}

// The element that this thread begins with, of a vector whose first element lies at `place`.
template <class T>
JSNORM_DEVICE int first_rotation(int place) {
    constexpr int kV = kWidth<T>;
    constexpr int kStep = kV < 4 ? 1 : kV / 4;
    const int quarter = static_cast<int>(threadIdx.x) / 8;
    return (quarter * kStep - place) & (kV - 1);
}

// Writes element e to to[place(e)], or nowhere if place(e) is negative. Places follow each other,
// but for jumps that change no bank.
template <class T, class Place>
JSNORM_DEVICE void put_elements(shared<T> to, const Pack<T> &pack, const Place &place) {
    constexpr int kV = kWidth<T>;
    const int rotation = first_rotation<T>(place(0));
    const Pack<T> elements = rotated(pack, rotation);
    JSNORM_UNROLL
    for (int step = 0; step < kV; ++step) {
        const int target = place((step + rotation) & (kV - 1));
        if (target >= 0) to[target] = elements.element(step);
    }
}

// Reads element e from from[place(e)]; 0 if place(e) is negative.
template <class T, class Place>
JSNORM_DEVICE Pack<T> take_elements(shared<const T> from, const Place &place) {
    constexpr int kV = kWidth<T>;
    const int rotation = first_rotation<T>(place(0));
    Pack<T> elements = {};
    JSNORM_UNROLL
    for (int step = 0; step < kV; ++step) {
        const int source = place((step + rotation) & (kV - 1));
        if (source >= 0) elements.put(step, T(from[source]));
    }
    return rotated(elements, (kV - rotation) & (kV - 1));
}

}  // namespace jsnorm::gpu
