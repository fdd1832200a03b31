// SPDX-License-Identifier: Apache-2.0
// A range of NVTX, for the timeline of a profiler; nothing where NVTX was not found.
#pragma once

#if defined(JSNORM_HAVE_NVTX)
#include <nvtx3/nvToolsExt.h>
#endif

namespace jsnorm {

#if defined(JSNORM_HAVE_NVTX)

// A domain of its own: profilers can choose it or leave it out.
inline nvtxDomainHandle_t profiler_domain() {
    static const nvtxDomainHandle_t domain = nvtxDomainCreateA("jsnorm");
    return domain;
}

// A name that the profiler knows by a handle, so that a range copies no text.
class ProfilerName {
  public:
    explicit ProfilerName(const char *name)
        : handle_(nvtxDomainRegisterStringA(profiler_domain(), name)) {}
    nvtxStringHandle_t handle() const { return handle_; }

  private:
    nvtxStringHandle_t handle_;
};

class ProfilerRange {
  public:
    explicit ProfilerRange(const ProfilerName &name) {
        nvtxEventAttributes_t range = {};
        range.version = NVTX_VERSION;
        range.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
        range.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
        range.message.registered = name.handle();
        nvtxDomainRangePushEx(profiler_domain(), &range);
    }
    ~ProfilerRange() { nvtxDomainRangePop(profiler_domain()); }
    ProfilerRange(const ProfilerRange &) = delete;
    ProfilerRange &operator=(const ProfilerRange &) = delete;
};

#else

struct ProfilerName {
    explicit ProfilerName(const char *) {}
};

struct ProfilerRange {
    explicit ProfilerRange(const ProfilerName &) {}
};

#endif

}  // namespace jsnorm
