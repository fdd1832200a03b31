// SPDX-License-Identifier: Apache-2.0
//
// CUDA's own spellings, for kernels that run on the executor.
#pragma once

#include "src/simt/atomics.hpp"
#include "src/simt/collectives.hpp"
#include "src/simt/schedule.hpp"

#define threadIdx (::simt::running->index)
#define blockIdx (::simt::running->block->index)
#define blockDim (::simt::machine.block)
#define gridDim (::simt::machine.grid)

inline void __syncthreads(simt::Site site = simt::Site::here()) {
    simt::block_barrier(site);
}
inline int __syncthreads_or(int predicate, simt::Site site = simt::Site::here()) {
    return simt::block_barrier(site, simt::Vote::Or, predicate);
}
inline int __syncthreads_and(int predicate, simt::Site site = simt::Site::here()) {
    return simt::block_barrier(site, simt::Vote::And, predicate);
}
inline int __syncthreads_count(int predicate, simt::Site site = simt::Site::here()) {
    return simt::block_barrier(site, simt::Vote::Count, predicate);
}

inline void __syncwarp(unsigned mask = 0xffffffff, simt::Site site = simt::Site::here()) {
    simt::collective(mask, simt::Collective::Sync, 0, 0, site);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, simt::Site site = simt::Site::here()) {
    return static_cast<unsigned>(
        simt::collective(mask, simt::Collective::Ballot, predicate != 0, 0, site));
}
inline int __any_sync(unsigned mask, int predicate, simt::Site site = simt::Site::here()) {
    return __ballot_sync(mask, predicate, site) != 0;
}
inline int __all_sync(unsigned mask, int predicate, simt::Site site = simt::Site::here()) {
    return __ballot_sync(mask, predicate, site) == mask;
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              simt::Site site = simt::Site::here()) {
    return simt::shuffle(mask, simt::Collective::Shuffle, value, source, width, site);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 simt::Site site = simt::Site::here()) {
    return simt::shuffle(mask, simt::Collective::ShuffleUp, value, static_cast<int>(delta), width,
                         site);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   simt::Site site = simt::Site::here()) {
    return simt::shuffle(mask, simt::Collective::ShuffleDown, value, static_cast<int>(delta), width,
                         site);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32,
                  simt::Site site = simt::Site::here()) {
    return simt::shuffle(mask, simt::Collective::ShuffleXor, value, lanes, width, site);
}

inline void __threadfence() {
    simt::fence();
}
inline void __nanosleep(unsigned, simt::Site site = simt::Site::here()) {
    simt::yield(site);
}
