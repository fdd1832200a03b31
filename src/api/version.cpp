// SPDX-License-Identifier: Apache-2.0
#include "jsnorm/jsnorm.h"

#define JSNORM_TEXT_OF(x) #x
#define JSNORM_TEXT(x) JSNORM_TEXT_OF(x)

static_assert(JSNORM_VERSION ==
              JSNORM_VERSION_MAJOR * 10000 + JSNORM_VERSION_MINOR * 100 + JSNORM_VERSION_PATCH);

uint32_t jsnormGetVersion(void) {
    return JSNORM_VERSION;
}

const char *jsnormGetVersionString(void) {
    return "jsnorm " JSNORM_TEXT(JSNORM_VERSION_MAJOR) "." JSNORM_TEXT(
        JSNORM_VERSION_MINOR) "." JSNORM_TEXT(JSNORM_VERSION_PATCH) " (cpu"
#if defined(_OPENMP)
           "; openmp"
#endif
#if defined(JSNORM_HAVE_NVTX)
           "; nvtx"
#endif
           ")";
}
