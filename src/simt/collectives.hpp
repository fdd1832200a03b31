// SPDX-License-Identifier: Apache-2.0
//
// What threads do together: warp collectives, barriers of a block and of a cooperative grid.
#pragma once

#include <bit>
#include <cstring>
#include <type_traits>

#include "src/simt/state.hpp"

namespace simt {

enum class Collective {
    Sync,
    Shuffle,
    ShuffleUp,
    ShuffleDown,
    ShuffleXor,
    Ballot,
    ButterflySum,
    ButterflyMax
};

// Waits for the lanes of `mask`; all must ask for the same at the same line. Shuffles return the
// value of lane `source`, ballots the lanes whose value is not zero.
uint64_t collective(uint32_t mask, Collective operation, uint64_t value, int source, Site site);

enum class Vote { None, Or, And, Count };
// __syncthreads; returns the vote of the block on `predicate`.
int block_barrier(Site site, Vote vote = Vote::None, bool predicate = false);
void grid_barrier(Site site);

// Everyone in the block goes on, in its next epoch.
void start_epoch(Block &block, Site site);

// A thread has returned from the kernel.
void leave(Thread &thread);

// The lane that a shuffle reads, by the definition of shfl.sync. No lane of a segment is as far as
// its width: that is Config::shuffle_range's warning.
int shuffle_source(Collective operation, int operand, int width, Site site);

template <class T>
T shuffle(uint32_t mask, Collective operation, T value, int operand, int width, Site site) {
    static_assert(std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    bits = collective(mask, operation, bits, shuffle_source(operation, operand, width, site), site);
    std::memcpy(static_cast<void *>(&value), &bits, sizeof(T));
    return value;
}

// value = value + (or max) the value of lane ^ step, for steps 1, 2, ... below `lanes`: what a loop
// of shuffles computes, in the same order, at the cost of one of them.
inline double butterfly(uint32_t mask, Collective operation, double value, int lanes, Site site) {
    return std::bit_cast<double>(
        collective(mask, operation, std::bit_cast<uint64_t>(value), lanes, site));
}

}  // namespace simt
