// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/parallel.hpp"

#include <pthread.h>

#include <atomic>

namespace jsnorm::cpu {

namespace {

std::atomic<bool> has_run_team = false;
std::atomic<bool> is_child = false;  // of a process that had run a team
thread_local TaskRunner runner_of_thread;

void begin_child() {
    if (has_run_team) is_child = true;
}

}  // namespace

bool may_run_team() {
    if (is_child.load(std::memory_order_relaxed)) return false;
    if (!has_run_team.load(std::memory_order_relaxed)) {
        static const int registered = pthread_atfork(nullptr, nullptr, begin_child);
        if (registered != 0) return false;  // out of memory: one thread is always safe
        has_run_team = true;
    }
    return true;
}

const TaskRunner &current_runner() {
    return runner_of_thread;
}

RunnerScope::RunnerScope(const TaskRunner &runner) : outer_(runner_of_thread) {
    runner_of_thread = runner;
}

RunnerScope::~RunnerScope() {
    runner_of_thread = outer_;
}

}  // namespace jsnorm::cpu
