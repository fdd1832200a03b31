// SPDX-License-Identifier: Apache-2.0
//
// Who accessed a location and when, in one word; and what a thread knows of the past of others.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/simt/site.hpp"

namespace simt {

// block + 1: 20 bits; thread: 10; the number of barriers of its block before: 18, and of __syncwarp
// and releases since the last of them: 15; atomic: 1. Zero: nobody.
using AccessId = uint64_t;

constexpr uint32_t kMostBlocks = (1u << 20) - 2;
constexpr uint32_t kMostBarriers = (1u << 18) - 2;
constexpr uint32_t kMostWarpBarriers = (1u << 15) - 2;

inline AccessId make_access_id(uint32_t block, uint32_t thread, uint32_t epoch, uint32_t warp_epoch,
                               bool atomic) {
    return static_cast<uint64_t>(block + 1) << 44 | static_cast<uint64_t>(thread) << 34 |
           static_cast<uint64_t>(epoch) << 16 | static_cast<uint64_t>(warp_epoch) << 1 |
           (atomic ? 1 : 0);
}
inline uint32_t block_of(AccessId id) {
    return static_cast<uint32_t>(id >> 44) - 1;
}
inline uint32_t thread_of(AccessId id) {
    return static_cast<uint32_t>(id >> 34) & 1023;
}
inline uint32_t epoch_of(AccessId id) {
    return static_cast<uint32_t>(id >> 16) & 0x3ffff;
}
inline uint32_t warp_epoch_of(AccessId id) {
    return static_cast<uint32_t>(id >> 1) & 0x7fff;
}
// Of accesses of one thread, the earlier ones have smaller times.
inline int64_t time_of(uint32_t epoch, uint32_t warp_epoch) {
    return static_cast<int64_t>(epoch) << 15 | warp_epoch;
}
inline bool is_atomic(AccessId id) {
    return id & 1;
}
inline bool same_thread(AccessId a, AccessId b) {
    return a >> 34 == b >> 34;
}

// What has happened before, of other blocks: the union of its facts.
class Knowledge {
  public:
    struct Fact {
        uint32_t block, thread;
        int64_t all;  // every access of the block before this time, and
        int64_t own;  // those of the thread before this one
    };

    bool empty() const { return facts_.empty(); }
    void clear() { facts_.clear(); }
    bool covers(AccessId id) const;
    void add(const Fact &fact);
    void add(const Knowledge &other);

  private:
    std::vector<Fact> facts_;  // sorted by block and thread
};

}  // namespace simt
