// SPDX-License-Identifier: Apache-2.0
// The SIMD library, and the instruction sets that kernels are compiled for: what every processor of
// the architecture has, and on x86-64 AVX2 and AVX-512. Included before hwy/foreach_target.h.
#pragma once

// What it checks in debug builds ends in its library, which nobody who links this one should need.
#undef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0

#include <hwy/detect_targets.h>

// Vectors here have a size that is known at compile time, as those of SVE do not; the others add
// little to their neighbours.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
    (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// In the part of a file that is compiled last (HWY_ONCE): the instance of `what`, which the file
// defines in namespace jsnorm::cpu::HWY_NAMESPACE, for an instruction set. Highway's own dispatch
// would add its shared library to what users of this one must have.
#if HWY_TARGETS & HWY_AVX3
#define JSNORM_DISPATCH(set, what)                   \
    ((set) == InstructionSet::kAvx512 ? N_AVX3::what \
     : (set) == InstructionSet::kAvx2 ? N_AVX2::what \
                                      : HWY_NAMESPACE::what)
#else
// Both are the same; a comma would leave no context for the name of a template.
#define JSNORM_DISPATCH(set, what) \
    ((set) == InstructionSet::kBaseline ? HWY_NAMESPACE::what : HWY_NAMESPACE::what)
#endif
