// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/topology.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(_OPENMP)
#include <omp.h>
#endif

namespace jsnorm::cpu {

namespace {

constexpr int kMostProcessors = 1 << 16;

// ---- Files of the system ------------------------------------------------------------------------

std::string first_line(const std::string &path) {
    std::string line;
    std::ifstream file(path);
    std::getline(file, line);
    return line;
}

// Processors in a list such as 0-3,8,10-11.
std::vector<int> parse_list(const std::string &text) {
    std::vector<int> processors;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) {
        int first = 0, last = 0;
        char dash = 0;
        std::istringstream range(part);
        if (!(range >> first) || first < 0) continue;
        if (!(range >> dash >> last) || dash != '-') last = first;
        for (int i = first; i <= std::min(last, kMostProcessors); ++i) processors.push_back(i);
    }
    return processors;
}

struct CacheOfProcessor {
    int level = 0;
    int64_t bytes = 0;
    std::vector<int> sharers;
};

CacheOfProcessor last_cache_of(const std::string &root, int processor) {
    CacheOfProcessor last;
    const std::string caches =
        root + "/sys/devices/system/cpu/cpu" + std::to_string(processor) + "/cache/index";
    for (int index = 0; index < 16; ++index) {
        const std::string cache = caches + std::to_string(index);
        int level = 0;
        if (!(std::istringstream(first_line(cache + "/level")) >> level)) break;
        if (level <= last.level || first_line(cache + "/type") == "Instruction") continue;
        last.level = level;
        last.bytes = parse_bytes(first_line(cache + "/size").c_str());
        last.sharers = parse_list(first_line(cache + "/shared_cpu_list"));
    }
    return last;
}

std::vector<CacheDomain> domains_of(const std::string &root, std::vector<int> processors) {
    std::vector<CacheDomain> domains;
    while (!processors.empty()) {
        const int first = processors.front();
        const CacheOfProcessor cache = last_cache_of(root, first);
        const auto shares = [&](int processor) {
            return processor == first || std::find(cache.sharers.begin(), cache.sharers.end(),
                                                   processor) != cache.sharers.end();
        };
        const auto rest = std::remove_if(processors.begin(), processors.end(), shares);
        domains.push_back({cache.bytes, static_cast<int>(cache.sharers.size()),
                           static_cast<int>(processors.end() - rest)});
        processors.erase(rest, processors.end());
    }
    return domains;
}

// The least of two quotas, of which 0 is none.
double least(double a, double b) {
    return a > 0 && b > 0 ? std::min(a, b) : std::max(a, b);
}

double ratio(double time, double period) {
    return time > 0 && period > 0 ? time / period : 0;
}

// The quota that version 2 gives to a group, such as "200000 100000"; or "max 100000".
double quota_2(const std::string &group) {
    double time = 0, period = 0;
    std::istringstream(first_line(group + "/cpu.max")) >> time >> period;
    return ratio(time, period);
}

double quota_1(const std::string &group) {
    double time = 0, period = 0;
    std::istringstream(first_line(group + "/cpu.cfs_quota_us")) >> time;
    std::istringstream(first_line(group + "/cpu.cfs_period_us")) >> period;
    return ratio(time, period);
}

// The least quota of a group and of the groups that it is in.
double quota_of(const std::string &tree, std::string group, double (*quota)(const std::string &)) {
    double granted = quota(tree);
    while (!group.empty() && group != "/") {
        granted = least(granted, quota(tree + group));
        group.erase(group.find_last_of('/'));
    }
    return granted;
}

// Lines such as "0::/a/b" (version 2) or "4:cpu,cpuacct:/a/b" (version 1).
double read_quota(const std::string &root) {
    double granted = 0;
    std::ifstream file(root + "/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const size_t colon = line.find(':');
        const size_t second = colon == std::string::npos ? colon : line.find(':', colon + 1);
        if (second == std::string::npos || line.compare(second + 1, 1, "/") != 0) continue;
        std::string controllers = ",";
        controllers.append(line, colon + 1, second - colon - 1).append(",");
        const std::string group = line.substr(second + 1);
        const std::string tree = root + "/sys/fs/cgroup";
        if (controllers == ",,") granted = least(granted, quota_of(tree, group, quota_2));
        if (controllers.find(",cpu,") != std::string::npos) {
            granted = least(granted, quota_of(tree + "/cpu", group, quota_1));
        }
    }
    return granted;
}

// ---- This process -------------------------------------------------------------------------------

// A thread that OpenMP has bound is on fewer processors than its process: then all that are online
// count, and the quota is the number of those that OpenMP has.
struct Processors {
    std::vector<int> usable;
    double quota = 0;
};

Processors processors_of_process() {
    Processors found;
#if defined(__linux__)
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        for (int i = 0; i < CPU_SETSIZE; ++i) {
            if (CPU_ISSET(i, &set)) found.usable.push_back(i);
        }
    }
#endif
#if defined(_OPENMP)
    if (static_cast<size_t>(omp_get_num_procs()) > found.usable.size()) {
        found.usable = parse_list(first_line("/sys/devices/system/cpu/online"));
        found.quota = omp_get_num_procs();
    }
#endif
    return found;
}

#if defined(__x86_64__)
// The largest cache that a CPUID leaf of deterministic cache parameters lists; 0 without the leaf.
CacheDomain largest_cache_of(unsigned leaf) {
    CacheDomain largest;
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    for (unsigned index = 0; index < 16; ++index) {
        if (__get_cpuid_count(leaf, index, &eax, &ebx, &ecx, &edx) == 0) break;
        if (eax % 32 == 0) break;     // no more caches
        if (eax % 32 == 2) continue;  // instruction cache
        const int64_t ways = (ebx >> 22) + 1;
        const int64_t partitions = (ebx >> 12) % 1024 + 1;
        const int64_t line = ebx % 4096 + 1;
        const int64_t bytes = ways * partitions * line * (int64_t{ecx} + 1);
        if (bytes <= largest.bytes) continue;
        largest.bytes = bytes;
        largest.sharers = static_cast<int>((eax >> 14) % 4096 + 1);
    }
    return largest;
}

CacheDomain by_cpuid() {
    constexpr unsigned kIntel = 4;
    constexpr unsigned kAmd = 0x8000001d;
    const CacheDomain of_intel = largest_cache_of(kIntel);
    return of_intel.bytes > 0 ? of_intel : largest_cache_of(kAmd);
}
#else
CacheDomain by_cpuid() {
    return {};
}
#endif

// It can report the sum over all dies of a package (AMD, glibc 2.36), so it is asked last.
CacheDomain by_sysconf() {
    CacheDomain domain;
#if defined(_SC_LEVEL2_CACHE_SIZE) && defined(_SC_LEVEL3_CACHE_SIZE)
    domain.bytes = sysconf(_SC_LEVEL3_CACHE_SIZE);
    if (domain.bytes <= 0) domain.bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return domain;
}

}  // namespace

CacheTopology read_topology(const std::string &root, const std::vector<int> &processors) {
    return {domains_of(root, processors), read_quota(root)};
}

CacheTopology this_topology() {
    const Processors processors = processors_of_process();
    CacheTopology topology = read_topology("", processors.usable);
    topology.quota = least(topology.quota, processors.quota);
    const auto known = [](const CacheDomain &domain) { return domain.bytes > 0; };
    if (std::any_of(topology.domains.begin(), topology.domains.end(), known)) return topology;
    CacheDomain domain = by_cpuid();
    if (domain.bytes <= 0) domain = by_sysconf();
    const int usable = std::max(1, static_cast<int>(processors.usable.size()));
    domain.usable = domain.sharers > 0 ? std::min(usable, domain.sharers) : usable;
    topology.domains = {domain};
    return topology;
}

}  // namespace jsnorm::cpu
