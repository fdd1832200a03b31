// SPDX-License-Identifier: Apache-2.0
// Loops over independent units of work on the threads of OpenMP, or on those that the caller lends.
// Which thread computes a unit never changes its result.
#pragma once

#include <hwy/cache_control.h>

#include <algorithm>
#include <cstdint>

#include "jsnorm/jsnorm.h"

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "src/core/float_environment.hpp"

namespace jsnorm::cpu {

// A thread takes neighbouring units, the same ones in every pass. A second pass that goes backwards
// begins with the units that the first pass left in cache.
enum class Order { kForward, kBackward };

// Makes stores that bypass the caches visible to other threads. A thread calls this once, after its
// last store: it waits for the stores, so kernels must not call it for every tile.
inline void finish_stores() {
    hwy::FlushStream();
}

// Whether a team of threads may run now: not in a child of fork() whose parent had run one, because
// the threads of OpenMP do not survive fork(). Such a child computes on one thread.
bool may_run_team();

// The caller's threads, in place of OpenMP's.
struct TaskRunner {
    jsnormParallelFor_t parallel_for = nullptr;
    void *user_data = nullptr;
};

// The runner of the operation that the calling thread is in; none: parallel_for is NULL.
const TaskRunner &current_runner();

// Makes `runner` the current one of this thread. Scopes nest: a thread that waits in a runner may
// be given another operation to do.
class RunnerScope {
  public:
    explicit RunnerScope(const TaskRunner &runner);
    ~RunnerScope();
    RunnerScope(const RunnerScope &) = delete;
    RunnerScope &operator=(const RunnerScope &) = delete;

  private:
    TaskRunner outer_;
};

// Runs tasks 0 to count-1 by the runner.
template <class Task>
void run_tasks(const TaskRunner &runner, int64_t count, const Task &task) {
    runner.parallel_for(
        count, [](int64_t index, void *data) { (*static_cast<const Task *>(data))(index); },
        const_cast<Task *>(&task), runner.user_data);
}

template <class Body>
void parallel_for(int threads, int64_t count, const Body &body, Order order = Order::kForward) {
    const auto run = [&](int64_t begin, int64_t end) {
        if (order == Order::kForward) {
            for (int64_t i = begin; i < end; ++i) body(i);
        } else {
            for (int64_t i = end; i-- > begin;) body(i);
        }
    };
    // Thread `thread` of `all` takes its share of the units.
    const auto run_share = [&](int64_t thread, int64_t all) {
        const FloatEnvironment environment;  // each thread has its own
        const int64_t least = count / all;
        const int64_t more = count % all;
        const int64_t begin = thread * least + std::min(thread, more);
        run(begin, begin + least + (thread < more ? 1 : 0));
        finish_stores();
    };
    const auto share = static_cast<int>(std::min<int64_t>(threads, count));
    if (share <= 1) return run(0, count);
    if (const TaskRunner &runner = current_runner(); runner.parallel_for != nullptr) {
        return run_tasks(runner, share, [&](int64_t task) { run_share(task, share); });
    }
    if (!may_run_team()) return run(0, count);
#if defined(_OPENMP)
#pragma omp parallel num_threads(share)
    run_share(omp_get_thread_num(), omp_get_num_threads());
#else
    run(0, count);
#endif
}

// The number of threads that OpenMP would use by default.
inline int default_thread_count() {
#if defined(_OPENMP)
    return omp_get_max_threads();
#else
    return 1;
#endif
}

// Starts the threads, so that the first operation need not; at most two per processor.
inline void warm_threads([[maybe_unused]] int threads) {
#if defined(_OPENMP)
    const int useful = std::min(threads, 2 * omp_get_num_procs());
    if (useful <= 1 || !may_run_team()) return;
#pragma omp parallel num_threads(useful)
    asm volatile("");  // keeps the compiler from removing an empty region
#endif
}

}  // namespace jsnorm::cpu
