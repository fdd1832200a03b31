// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/cache.hpp"

#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace jsnorm::cpu {

namespace {

#if defined(__x86_64__)
// The largest cache that a CPUID leaf of deterministic cache parameters lists; 0 without the leaf.
int64_t largest_cache_of(unsigned leaf) {
    int64_t largest = 0;
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    for (unsigned index = 0; index < 16; ++index) {
        if (__get_cpuid_count(leaf, index, &eax, &ebx, &ecx, &edx) == 0) break;
        if (eax % 32 == 0) break;     // no more caches
        if (eax % 32 == 2) continue;  // instruction cache
        const int64_t ways = (ebx >> 22) + 1;
        const int64_t partitions = (ebx >> 12) % 1024 + 1;
        const int64_t line = ebx % 4096 + 1;
        const int64_t bytes = ways * partitions * line * (int64_t{ecx} + 1);
        largest = bytes > largest ? bytes : largest;
    }
    return largest;
}

// Asked before sysconf(), which can report the sum over all dies of a package (AMD, glibc 2.36): a
// core uses the cache of its own die only.
int64_t by_cpuid() {
    constexpr unsigned kIntel = 4;
    constexpr unsigned kAmd = 0x8000001d;
    const int64_t bytes = largest_cache_of(kIntel);
    return bytes > 0 ? bytes : largest_cache_of(kAmd);
}
#else
int64_t by_cpuid() {
    return 0;
}
#endif

int64_t by_system() {
    int64_t bytes = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE) && defined(_SC_LEVEL3_CACHE_SIZE)
    bytes = sysconf(_SC_LEVEL3_CACHE_SIZE);
    if (bytes <= 0) bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return bytes;
}

}  // namespace

int64_t last_level_cache_bytes() {
    static const int64_t bytes = [] {
        int64_t found = by_cpuid();
        if (found <= 0) found = by_system();
        return found > 0 ? found : int64_t{16} << 20;
    }();
    return bytes;
}

}  // namespace jsnorm::cpu
