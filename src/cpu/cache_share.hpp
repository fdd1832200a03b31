// SPDX-License-Identifier: Apache-2.0
// How much of the last-level cache this process can really have. It decides how outputs are stored
// and which passes follow each other: about speed, never about bits.
#pragma once

#include <cstdint>
#include <vector>

namespace jsnorm::cpu {

// One last-level cache, as the system describes it.
struct CacheDomain {
    int64_t bytes = 0;
    int sharers = 0;  // processors that share it; 0: unknown
    int usable = 0;   // of them, those that this process may run on
};

struct CacheTopology {
    std::vector<CacheDomain> domains;  // those of processors that this process may run on
    double quota = 0;                  // processors' worth of time that is granted; 0: no limit
};

struct CacheShare {
    int64_t one = 0;       // bytes in reach of a single thread
    int64_t all = 0;       // bytes in reach of all threads together
    int processors = 1;    // that this process may use
    int64_t reported = 0;  // by the system, of all caches; 0: not used

    // For an operation on so many threads.
    int64_t bytes_for(int threads) const;
};

// A cache belongs to the processors that share it in equal parts, at most 16 MiB to each: no
// processor has more, but virtual machines show the cache of a whole socket to a few of its
// processors. A quota below the number of processors cuts the share. Sizes outside of 64 KiB to
// 64 GiB are not believed. 16 MiB if nothing is known.
CacheShare share_of(const CacheTopology &topology);

// What JSNORM_CPU_CACHE says: bytes, or with K, M or G after the number; 0 if it is NULL, no such
// number, or below 1.
int64_t parse_bytes(const char *text);

// Of this process, found out once, when the first handle is created: JSNORM_CPU_CACHE if it is set,
// else from the system. The first call allocates.
const CacheShare &cache_share();

}  // namespace jsnorm::cpu
