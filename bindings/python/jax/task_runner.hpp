// SPDX-License-Identifier: Apache-2.0
// Loops of the library on XLA's threads (jsnormSetTaskRunner), so that a process has one pool.
#pragma once

#include "xla/ffi/api/ffi.h"

#include <jsnorm/jsnorm.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>

namespace jsnorm_jax {

// The caller takes part, and waits only for tasks that have begun: a pool whose threads are all
// busy, with calls like this one perhaps, delays nothing and cannot lock up.
class Loop {
  public:
    Loop(int64_t count, jsnormTask_t task, void *data) : count_(count), task_(task), data_(data) {}

    // Whoever comes after the last task has been taken touches no more than this object.
    void take_tasks() {
        for (int64_t i; (i = next_.fetch_add(1)) < count_;) {
            task_(i, data_);
            if (done_.fetch_add(1) + 1 == count_) {
                const std::lock_guard lock(mutex_);
                all_done_.notify_all();
            }
        }
    }

    void wait() {
        std::unique_lock lock(mutex_);
        all_done_.wait(lock, [this] { return done_.load() == count_; });
    }

  private:
    const int64_t count_;
    const jsnormTask_t task_;
    void *const data_;
    std::atomic<int64_t> next_{0};
    std::atomic<int64_t> done_{0};
    std::mutex mutex_;
    std::condition_variable all_done_;
};

// A jsnormParallelFor_t. pool: an xla::ffi::ThreadPool.
inline void parallel_for(int64_t count, jsnormTask_t task, void *data, void *pool) {
    auto &threads = *static_cast<xla::ffi::ThreadPool *>(pool);
    try {
        const auto loop = std::make_shared<Loop>(count, task, data);
        try {
            for (int64_t i = 1; i < std::min(count, threads.num_threads()); ++i) {
                threads.Schedule([loop] { loop->take_tasks(); });
            }
        } catch (const std::bad_alloc &) {
            // With fewer helpers then.
        }
        loop->take_tasks();
        loop->wait();
    } catch (const std::bad_alloc &) {  // no memory for the loop itself: nothing has begun
        for (int64_t i = 0; i < count; ++i) {
            task(i, data);
        }
    }
}

}  // namespace jsnorm_jax
