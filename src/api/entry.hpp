// SPDX-License-Identifier: Apache-2.0
// The frame of every public function: names the function for messages, marks an NVTX range, catches
// every exception.
#pragma once

#include <new>

#include "src/api/profiler_range.hpp"
#include "src/core/log.hpp"
#include "src/core/status.hpp"

namespace jsnorm {

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

// A body belongs to one function, so the name is registered once.
template <class Body>
jsnormStatus_t operation_entry(const char *name, Body body) {
    static const ProfilerName profiler_name(name);
    const ProfilerRange range(profiler_name);
    return entry(name, body);
}

}  // namespace jsnorm
