// SPDX-License-Identifier: Apache-2.0
// Highway, the SIMD library, and the instruction sets that kernels are compiled for: the baseline
// of the architecture and, on x86-64, AVX2 and AVX-512. Include it before hwy/foreach_target.h.
#pragma once

// Its debug checks call its compiled library, which users of jsnorm must not need.
#undef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0

#include <hwy/detect_targets.h>

// SVE is off because its vectors have no size known at compile time; the others gain little over
// their neighbours.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
    (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// The instance of `what` for an instruction set. The file defines `what` in namespace
// jsnorm::cpu::HWY_NAMESPACE and uses this macro under HWY_ONCE, where it is compiled last.
// Highway's own dispatch would need its compiled library.
#if HWY_TARGETS & HWY_AVX3
#define JSNORM_DISPATCH(set, what)                   \
    ((set) == InstructionSet::kAvx512 ? N_AVX3::what \
     : (set) == InstructionSet::kAvx2 ? N_AVX2::what \
                                      : HWY_NAMESPACE::what)
#else
// Only one instance exists. Both branches name it, because `(set, what)` would not do for a
// template.
#define JSNORM_DISPATCH(set, what) \
    ((set) == InstructionSet::kBaseline ? HWY_NAMESPACE::what : HWY_NAMESPACE::what)
#endif
