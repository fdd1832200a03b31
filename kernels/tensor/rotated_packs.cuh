// SPDX-License-Identifier: Apache-2.0
// Vectors of 16 bytes that lie in shared memory at any element: written and read an element at a
// time, in an order in which neighbouring threads with neighbouring vectors never meet in a bank.
// Eight of them have elements 16 bytes apart, which are eight banks out of 32; the quarters of a
// warp begin at different elements, and so use different ones.
#pragma once

#include "kernels/tensor/pack.cuh"

namespace jsnorm::gpu {

// Element e of the result is element e + distance, modulo their number.
template <class T>
JSNORM_DEVICE Pack<T> turned(Pack<T> pack, int distance) {
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
JSNORM_DEVICE int first_turn(int place) {
    constexpr int kV = kWidth<T>;
    constexpr int kStep = kV < 4 ? 1 : kV / 4;
    const int quarter = static_cast<int>(threadIdx.x) / 8;
    return (quarter * kStep - place) & (kV - 1);
}

// Element e goes to to[place(e)], or nowhere where that is negative. Places follow each other, but
// for jumps that change no bank.
template <class T, class Place>
JSNORM_DEVICE void put_elements(shared<T> to, const Pack<T> &pack, const Place &place) {
    constexpr int kV = kWidth<T>;
    const int turn = first_turn<T>(place(0));
    const Pack<T> elements = turned(pack, turn);
    JSNORM_UNROLL
    for (int step = 0; step < kV; ++step) {
        const int at = place((step + turn) & (kV - 1));
        if (at >= 0) to[at] = elements.element(step);
    }
}

// The reverse; 0 from nowhere.
template <class T, class Place>
JSNORM_DEVICE Pack<T> take_elements(shared<const T> from, const Place &place) {
    constexpr int kV = kWidth<T>;
    const int turn = first_turn<T>(place(0));
    Pack<T> elements = {};
    JSNORM_UNROLL
    for (int step = 0; step < kV; ++step) {
        const int at = place((step + turn) & (kV - 1));
        if (at >= 0) elements.put(step, T(from[at]));
    }
    return turned(elements, (kV - turn) & (kV - 1));
}

}  // namespace jsnorm::gpu
