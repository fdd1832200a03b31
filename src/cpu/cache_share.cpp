// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/cache_share.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "src/cpu/topology.hpp"

namespace jsnorm::cpu {

namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kUnknown = 16 * kMiB;
constexpr int64_t kMostOfProcessor = 16 * kMiB;
constexpr int64_t kLeast = kMiB;  // a second-level cache is at least about that
constexpr int64_t kSmallestCache = int64_t{64} << 10;
constexpr int64_t kLargestCache = int64_t{64} << 30;

int64_t share_of_domain(const CacheDomain &domain) {
    const int64_t usable = std::max(domain.usable, 1);
    const int64_t sharers = std::max<int64_t>(domain.sharers, usable);
    return std::min(domain.bytes / sharers, kMostOfProcessor) * usable;
}

}  // namespace

int64_t CacheShare::bytes_for(int threads) const {
    return std::clamp(all / processors * threads, one, all);
}

CacheShare share_of(const CacheTopology &topology) {
    CacheShare share;
    int64_t processors = 0;
    for (const CacheDomain &domain : topology.domains) {
        if (domain.bytes < kSmallestCache || domain.bytes > kLargestCache) continue;
        processors += std::max(domain.usable, 1);
        share.reported += domain.bytes;
        share.all += share_of_domain(domain);
        share.one = std::max(share.one, share_of_domain(domain));
    }
    if (share.all == 0) return {kUnknown, kUnknown, 1, 0};
    const double granted = topology.quota;
    if (granted > 0 && granted < static_cast<double>(processors)) {
        const double part = granted / static_cast<double>(processors);
        share.all = static_cast<int64_t>(static_cast<double>(share.all) * part);
        processors = static_cast<int64_t>(std::ceil(granted));
    }
    share.processors = static_cast<int>(processors);
    share.all = std::max(share.all, kLeast);
    share.one = std::clamp(share.one, kLeast, share.all);
    return share;
}

int64_t parse_bytes(const char *text) {
    if (text == nullptr) return 0;
    char *end = nullptr;
    const long long number = std::strtoll(text, &end, 10);
    if (end == text || number < 1 || number > kLargestCache) return 0;
    int shift = 0;
    if (*end == 'K') shift = 10;
    if (*end == 'M') shift = 20;
    if (*end == 'G') shift = 30;
    if (shift != 0) ++end;
    if (*end != '\0' || number > (kLargestCache >> shift)) return 0;
    return static_cast<int64_t>(number) << shift;
}

const CacheShare &cache_share() {
    static const CacheShare share = [] {
        const int64_t bytes = parse_bytes(std::getenv("JSNORM_CPU_CACHE"));
        return bytes > 0 ? CacheShare{bytes, bytes, 1, 0} : share_of(this_topology());
    }();
    return share;
}

}  // namespace jsnorm::cpu
