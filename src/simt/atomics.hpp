// SPDX-License-Identifier: Apache-2.0
//
// Atomics and fences. A relaxed atomic releases what a fence before it covers, and acquires what
// the next fence makes usable; an acquire_release one is both by itself.
#pragma once

#include "src/simt/pointers.hpp"

namespace simt {

void fence();
// What an atomic at `address` does to the knowledge of the running thread and of later ones.
void synchronize(const void *address, bool acquire_release);

// Replaces a value by `update` of it, and returns what it was.
template <class T, class F>
T atomic(global<T> pointer, F update, bool acquire_release, Site site) {
    check_access(pointer.allocation(), pointer.raw(), sizeof(T), sizeof(T), Operation::Atomic,
                 site);
    if (machine.config.races) synchronize(pointer.raw(), acquire_release);
    const T old = *pointer.raw();
    *pointer.raw() = update(old);
    if (*pointer.raw() != old) machine.changes++;  // an atomic that changes nothing is no progress
    return old;
}

}  // namespace simt
