// SPDX-License-Identifier: Apache-2.0
#include "bench/machine.hpp"

#include <sched.h>
#include <unistd.h>

#include <fstream>

namespace jsnorm::bench {

namespace {

std::string instruction_set() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return "x86-64, AVX-512";
    if (__builtin_cpu_supports("avx2")) return "x86-64, AVX2";
    return "x86-64";
#elif defined(__aarch64__)
    return "AArch64";
#else
    return "unknown";
#endif
}

// As the kernel lists them for the first processor: sysconf adds up those that other processors
// have.
std::vector<int64_t> data_caches() {
    std::vector<int64_t> sizes;
    for (int index = 0; index < 8; ++index) {
        const std::string folder =
            "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
        std::string type;
        std::ifstream(folder + "type") >> type;
        int64_t kibibytes = 0;
        if (!(std::ifstream(folder + "size") >> kibibytes)) break;  // such as 32K
        if (type != "Instruction") sizes.push_back(kibibytes * 1024);
    }
    return sizes;
}

}  // namespace

Machine this_machine() {
    Machine machine{};
    cpu_set_t set;
    CPU_ZERO(&set);
    machine.processors = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    machine.instruction_set = instruction_set();
    machine.cache_bytes = data_caches();
    machine.memory_bytes = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return machine;
}

}  // namespace jsnorm::bench
