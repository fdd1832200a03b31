// SPDX-License-Identifier: Apache-2.0
// What the system tells about last-level caches and the processors of this process.
#pragma once

#include <string>
#include <vector>

#include "src/cpu/cache_share.hpp"

namespace jsnorm::cpu {

// From the files of a Linux system below root ("" for the system itself): the caches of the given
// processors, and the quota of control groups (version 1 or 2). Files that are missing or make no
// sense tell nothing.
CacheTopology read_topology(const std::string &root, const std::vector<int> &processors);

// Of this process: from these files, else from the processor, else from sysconf.
CacheTopology this_topology();

}  // namespace jsnorm::cpu
