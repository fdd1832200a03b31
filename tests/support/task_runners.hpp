// SPDX-License-Identifier: Apache-2.0
//
// Task runners as callers lend them: the thread that calls, forwards or backwards, and a pool.
#ifndef JSNORM_TESTS_SUPPORT_TASK_RUNNERS_HPP
#define JSNORM_TESTS_SUPPORT_TASK_RUNNERS_HPP

#include <jsnorm/jsnorm.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace jsnorm::test {

// What was asked of a runner; its user_data.
struct Lent {
    std::atomic<int64_t> loops = 0;
    std::atomic<int64_t> tasks = 0;
    void count(int64_t tasks_of_loop) {
        ++loops;
        tasks += tasks_of_loop;
    }
};

inline void run_forwards(int64_t count, jsnormTask_t task, void *task_data, void *lent) {
    static_cast<Lent *>(lent)->count(count);
    for (int64_t i = 0; i < count; ++i) task(i, task_data);
}

inline void run_backwards(int64_t count, jsnormTask_t task, void *task_data, void *lent) {
    static_cast<Lent *>(lent)->count(count);
    for (int64_t i = count; i-- > 0;) task(i, task_data);
}

// Threads that wait for loops. The caller of a loop waits and does nothing itself.
class Pool : public Lent {
  public:
    explicit Pool(int threads) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
    }
    ~Pool() {
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        wake_.notify_all();
        for (std::thread &thread : threads_) thread.join();
    }
    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    static void run(int64_t count, jsnormTask_t task, void *task_data, void *pool) {
        static_cast<Pool *>(static_cast<Lent *>(pool))->run_loop(count, task, task_data);
    }

  private:
    void run_loop(int64_t count, jsnormTask_t task, void *task_data) {
        Lent::count(count);
        std::unique_lock lock(mutex_);
        task_ = task;
        task_data_ = task_data;
        next_ = 0;
        count_ = left_ = count;
        wake_.notify_all();
        done_.wait(lock, [this] { return left_ == 0; });
    }

    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [this] { return ends_ || next_ < count_; });
            if (ends_) return;
            const int64_t index = next_++;
            lock.unlock();
            task_(index, task_data_);
            lock.lock();
            if (--left_ == 0) done_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_, done_;
    jsnormTask_t task_ = nullptr;
    void *task_data_ = nullptr;
    int64_t next_ = 0, count_ = 0, left_ = 0;
    bool ends_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace jsnorm::test

#endif
