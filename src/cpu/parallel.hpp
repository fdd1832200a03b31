// SPDX-License-Identifier: Apache-2.0
// Loops over independent units of work on the threads of OpenMP. Who computes a unit never changes
// what is computed.
#pragma once

#include <algorithm>
#include <cstdint>

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace jsnorm::cpu {

template <class Body>
void parallel_for(int threads, int64_t count, const Body &body) {
    if (threads <= 1 || count <= 1) {
        for (int64_t i = 0; i < count; ++i) body(i);
        return;
    }
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < count; ++i) body(i);
}

// As many threads as OpenMP would take by itself.
inline int default_thread_count() {
#if defined(_OPENMP)
    return omp_get_max_threads();
#else
    return 1;
#endif
}

// Starts the threads, so that no operation has to; no more than the machine has any use for.
inline void warm_threads([[maybe_unused]] int threads) {
#if defined(_OPENMP)
    const int useful = std::min(threads, 2 * omp_get_num_procs());
#pragma omp parallel num_threads(useful)
    asm volatile("");  // a region that does nothing at all would be left out
#endif
}

}  // namespace jsnorm::cpu
