// SPDX-License-Identifier: Apache-2.0
// Which of the compiled instruction sets this processor runs.
#pragma once

#include "src/cpu/simd/highway.hpp"

namespace jsnorm::cpu {

enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

// The best that the processor has and JSNORM_MAX_CPU_ISA (BASELINE, AVX2, AVX512) allows; decided
// once.
InstructionSet instruction_set();

const char *name_of(InstructionSet set);

}  // namespace jsnorm::cpu

// In the part of a file that is compiled last (HWY_ONCE): the instance of `what`, which the file
// defines in namespace jsnorm::cpu::HWY_NAMESPACE, for instruction_set(). Highway's own dispatch
// would add its shared library to what users of this one must have.
#if HWY_TARGETS & HWY_AVX3
#define JSNORM_DISPATCH(what)                                                  \
    (instruction_set() == InstructionSet::kAvx512 ? N_AVX3::what               \
     : instruction_set() == InstructionSet::kAvx2 ? N_AVX2::what               \
                                                  : HWY_NAMESPACE::what)
#else
#define JSNORM_DISPATCH(what) HWY_NAMESPACE::what
#endif
