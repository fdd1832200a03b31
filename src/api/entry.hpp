// SPDX-License-Identifier: Apache-2.0
// The frame of every public function: names the function for messages, marks an NVTX range, catches
// every exception.
#pragma once

#include <new>

#include "src/core/log.hpp"
#include "src/core/status.hpp"

#if defined(JSNORM_HAVE_NVTX)
#include <nvtx3/nvToolsExt.h>
#endif

namespace jsnorm {

// A range in a profiler's timeline, for operations.
class ProfilerRange {
  public:
#if defined(JSNORM_HAVE_NVTX)
    explicit ProfilerRange(const char *name) {
        nvtxRangePushA(name);
    }
    ~ProfilerRange() {
        nvtxRangePop();
    }
#else
    explicit ProfilerRange(const char *) {}
#endif
    ProfilerRange(const ProfilerRange &) = delete;
    ProfilerRange &operator=(const ProfilerRange &) = delete;
};

template <class Body>
jsnormStatus_t entry(const char *name, Body body) {
    const FunctionScope scope(name);
    log(JSNORM_LOG_TRACE, "%s", name);
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return fail(JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED, "out of host memory");
    } catch (...) {
        return fail(JSNORM_STATUS_INTERNAL_ERROR, "an unexpected exception was caught");
    }
}

template <class Body>
jsnormStatus_t operation_entry(const char *name, Body body) {
    const ProfilerRange range(name);
    return entry(name, body);
}

}  // namespace jsnorm
