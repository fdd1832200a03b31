// SPDX-License-Identifier: Apache-2.0
//
// Launching a kernel: it has run, or failed, when launch() returns.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include "src/simt/report.hpp"

namespace simt {

struct LaunchConfig {
    Dim3 grid, block;
    size_t dynamic_shared = 0;
    bool cooperative = false;
    unsigned cluster = 1;        // blocks, along x
    bool overlaps = false;       // may begin before the launch before it has ended
    const char *name = nullptr;  // of the kernel, for reports
};

// Calls `invoke(arguments)` as each thread.
Report run(const LaunchConfig &config, void (*invoke)(const void *), const void *arguments);

template <class... P, class... A>
Report launch(const LaunchConfig &config, void (*kernel)(P...), A &&...args) {
    struct Call {
        void (*kernel)(P...);
        std::tuple<P...> arguments;
    };
    const Call call{kernel, std::tuple<P...>(P(std::forward<A>(args))...)};
    const auto invoke = [](const void *as_void) {
        const auto &self = *static_cast<const Call *>(as_void);
        std::apply(self.kernel, self.arguments);
    };
    return run(config, invoke, &call);
}

}  // namespace simt
