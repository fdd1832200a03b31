// SPDX-License-Identifier: Apache-2.0
// Highway, the SIMD library, and the instruction sets that kernels are compiled for: the baseline
// of the architecture and, on x86-64, AVX2 and AVX-512. Include it before hwy/foreach_target.h.
#pragma once

// Its debug checks call its compiled library, which users of jsnorm must not need.
#undef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0

#include <hwy/detect_targets.h>

// Builds that are for one purpose compile fewer sets: most mutants the baseline alone, sanitizers,
// under which a unit of kernels takes minutes, no AVX2.
#if defined(JSNORM_BASELINE_ONLY)
#define JSNORM_LEFT_OUT (HWY_AVX2 | HWY_AVX3)
#elif defined(JSNORM_WITHOUT_AVX2)
#define JSNORM_LEFT_OUT HWY_AVX2
#else
#define JSNORM_LEFT_OUT 0
#endif

// SVE is off because its vectors have no size known at compile time; the others gain little over
// their neighbours.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS                                                                \
    (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | \
     JSNORM_LEFT_OUT)

// The instance of `what` for an instruction set. The file defines `what` in namespace
// jsnorm::cpu::HWY_NAMESPACE and uses this macro under HWY_ONCE, where it is compiled last.
// Highway's own dispatch would need its compiled library.
#if (HWY_TARGETS & HWY_AVX3) && (HWY_TARGETS & HWY_AVX2)
#define JSNORM_DISPATCH(set, what)                   \
    ((set) == InstructionSet::kAvx512 ? N_AVX3::what \
     : (set) == InstructionSet::kAvx2 ? N_AVX2::what \
                                      : HWY_NAMESPACE::what)
#elif HWY_TARGETS & HWY_AVX3
#define JSNORM_DISPATCH(set, what) \
    ((set) == InstructionSet::kAvx512 ? N_AVX3::what : HWY_NAMESPACE::what)
#else
// Only one instance exists. Both branches name it, because `(set, what)` would not do for a
// template.
#define JSNORM_DISPATCH(set, what) \
    ((set) == InstructionSet::kBaseline ? HWY_NAMESPACE::what : HWY_NAMESPACE::what)
#endif
