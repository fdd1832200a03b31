// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "src/simt/device.hpp"

namespace jsnorm::test {

// Whether a kernel is among the launches, which simt_device::take_launches() has taken.
inline bool ran(const std::string &kernel, const std::vector<simt_device::Launch> &launches) {
    return std::any_of(launches.begin(), launches.end(),
                       [&](const simt_device::Launch &launch) { return launch.name == kernel; });
}

// The same of the kernels of this name in every family that streams.
inline bool streamed(const std::string &kernel, const std::vector<simt_device::Launch> &launches) {
    return ran("rows_" + kernel, launches) || ran("planes_" + kernel, launches) ||
           ran("columns_" + kernel, launches);
}

}  // namespace jsnorm::test
