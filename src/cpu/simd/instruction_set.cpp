// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/simd/instruction_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace jsnorm::cpu {

namespace {

// The features that src/cpu/simd is compiled with: HWY_AVX2 and HWY_AVX3 of Highway.
InstructionSet best_of_processor() {
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    const bool f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
    __builtin_cpu_init();
    const bool avx2 = f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                      __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
    if (!avx2) return InstructionSet::kBaseline;
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    return avx512 ? InstructionSet::kAvx512 : InstructionSet::kAvx2;
#else
    return InstructionSet::kBaseline;
#endif
}

InstructionSet allowed() {
    const char *limit = std::getenv("JSNORM_MAX_CPU_ISA");
    if (limit != nullptr) {
        for (const auto set : {InstructionSet::kBaseline, InstructionSet::kAvx2}) {
            if (std::strcmp(limit, name_of(set)) == 0) return set;
        }
    }
    return InstructionSet::kAvx512;
}

}  // namespace

InstructionSet instruction_set() {
    static const InstructionSet set = std::min(best_of_processor(), allowed());
    return set;
}

const char *name_of(InstructionSet set) {
    switch (set) {
        case InstructionSet::kAvx512:
            return "AVX512";
        case InstructionSet::kAvx2:
            return "AVX2";
        default:
            return "BASELINE";
    }
}

}  // namespace jsnorm::cpu
