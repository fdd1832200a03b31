// SPDX-License-Identifier: Apache-2.0
// The instruction set whose kernels run on this processor.
#pragma once

namespace jsnorm::cpu {

enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

// The best set that the processor has and JSNORM_MAX_CPU_ISA (BASELINE, AVX2, AVX512) allows.
// Decided once.
InstructionSet instruction_set();

const char *name_of(InstructionSet set);

}  // namespace jsnorm::cpu
