// SPDX-License-Identifier: Apache-2.0
// What the API asks of a backend: sizes, and operations that were checked.
#pragma once

#include <variant>

#include "src/core/calls.hpp"
#include "src/core/text.hpp"
#include "src/core/traffic.hpp"

namespace jsnorm {

// An operation that goes ahead: who asked, for what, and where the arrays begin in the workspace
// that the backend's workspace_bytes() asked for.
struct Invocation {
    const jsnormHandleStruct *handle = nullptr;
    const Problem *problem = nullptr;
    void *workspace = nullptr;
};

using Call =
    std::variant<const ForwardTrainingCall *, const ForwardInferenceCall *, const BackwardCall *,
                 const ForwardStatisticsCall *, const ForwardFinalizeCall *,
                 const ForwardApplyCall *, const BackwardReduceCall *, const BackwardFinalizeCall *,
                 const BackwardApplyCall *>;

class Backend {
  public:
    virtual ~Backend() = default;
    virtual jsnormBackend_t kind() const = 0;

    // Fills in what the handle needs to know about the machine.
    virtual jsnormStatus_t open(jsnormHandleStruct &handle) const = 0;
    // Does now what would otherwise make the first operation slower than the second.
    virtual jsnormStatus_t warm(const jsnormHandleStruct &handle) const = 0;

    // handle: NULL for a bound over every device. Enough for x of this shape in any layout.
    virtual size_t workspace_bytes(const jsnormHandleStruct *handle, const Problem &problem,
                                   jsnormOperation_t operation) const = 0;
    virtual jsnormMemoryTraffic_t memory_traffic(const jsnormHandleStruct &handle,
                                                 const TrafficQuery &query) const = 0;
    // Whether the handle's device can reach the bytes from `first` to `last`.
    virtual bool reaches(const jsnormHandleStruct &handle, const void *first,
                         const void *last) const = 0;

    virtual jsnormStatus_t run(const Invocation &invocation, const Call &call) const = 0;
    // The plan that run() would follow; the workspace is not looked at.
    virtual void describe(const Invocation &invocation, const Call &call, Text &text) const = 0;
};

const Backend &cpu_backend();
const Backend *cuda_backend();  // NULL where the build has none

}  // namespace jsnorm
