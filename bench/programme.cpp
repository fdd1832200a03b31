// SPDX-License-Identifier: Apache-2.0
#include "bench/programme.hpp"

#include <algorithm>

namespace jsnorm::bench {

jsnormBackend_t backend() {
    return JSNORM_BACKEND_CPU;
}

Machine programme_machine() {
    return this_machine();
}

int64_t usual_tensor_bytes(const Machine &machine) {
    return std::max<int64_t>(2 * machine.last_level_bytes(), 1 << 24);
}

std::vector<Case> programme_cases(const CaseLimits &limits) {
    return all_cases(limits);
}

Rotation rotation_of(const Case &which, const Machine &machine) {
    const int64_t cache = machine.last_level_bytes();
    const int64_t footprint = tensors_touched(which) * which.tensor_bytes();
    const bool small = footprint <= cache / 4;
    const bool rotate = which.cache == Cache::kAuto && !small && cache > 0;
    const int64_t sets = rotate ? (4 * cache + footprint - 1) / footprint : 1;
    const CacheState state = small                           ? CacheState::kWarm
                             : sets * footprint >= 4 * cache ? CacheState::kCold
                                                             : CacheState::kPartly;
    return {sets, sets, state};
}

}  // namespace jsnorm::bench
