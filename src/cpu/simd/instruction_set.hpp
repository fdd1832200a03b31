// SPDX-License-Identifier: Apache-2.0
// Which of the compiled instruction sets this processor runs.
#pragma once

namespace jsnorm::cpu {

enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

// The best that the processor has and JSNORM_MAX_CPU_ISA (BASELINE, AVX2, AVX512) allows; decided
// once.
InstructionSet instruction_set();

const char *name_of(InstructionSet set);

}  // namespace jsnorm::cpu
