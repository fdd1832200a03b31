// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/cache.hpp"

#include <unistd.h>

namespace jsnorm::cpu {

int64_t last_level_cache_bytes() {
    static const int64_t bytes = [] {
        int64_t found = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE) && defined(_SC_LEVEL3_CACHE_SIZE)
        found = sysconf(_SC_LEVEL3_CACHE_SIZE);
        if (found <= 0) found = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
        return found > 0 ? found : int64_t{16} << 20;
    }();
    return bytes;
}

}  // namespace jsnorm::cpu
