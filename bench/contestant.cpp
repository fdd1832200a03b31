// SPDX-License-Identifier: Apache-2.0
#include "bench/contestant.hpp"

#include <chrono>

namespace jsnorm::bench {

double HostContestant::seconds(int64_t calls) {
    const auto begin = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < calls; ++i) call(tensors_.next_set());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace jsnorm::bench
