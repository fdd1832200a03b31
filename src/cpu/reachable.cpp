// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/reachable.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace jsnorm::cpu {

bool is_reachable(const void *byte) {
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<uintptr_t>(byte) / page * page;
    unsigned char residency = 0;
    return mincore(reinterpret_cast<void *>(address), page, &residency) == 0 || errno != ENOMEM;
}

}  // namespace jsnorm::cpu
