// SPDX-License-Identifier: Apache-2.0
//
// An engine over threads of one process: ranks meet at a barrier and read each other's buffers.
#ifndef JSNORM_TESTS_DISTRIBUTED_THREAD_ENGINE_HPP
#define JSNORM_TESTS_DISTRIBUTED_THREAD_ENGINE_HPP

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "src/distributed/engine.hpp"

namespace jsnorm::test {

// What the ranks share.
class ThreadGroup {
  public:
    explicit ThreadGroup(int64_t ranks) : ranks_(ranks), published(static_cast<size_t>(ranks)) {}

    void meet() {
        std::unique_lock lock(mutex_);
        const int64_t round = round_;
        if (++waiting_ == ranks_) {
            waiting_ = 0;
            ++round_;
            arrived_.notify_all();
        } else {
            arrived_.wait(lock, [&] { return round_ != round; });
        }
    }

    struct Published {
        const void *data = nullptr;
        const distributed::Segments *segments = nullptr;
    };

  private:
    int64_t ranks_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    int64_t waiting_ = 0;
    int64_t round_ = 0;

  public:
    std::vector<Published> published;  // of each rank
};

class ThreadEngine final : public distributed::Engine {
  public:
    ThreadEngine(ThreadGroup &group, int64_t rank) : group_(group), rank_(rank) {}

    int64_t rank() const override { return rank_; }
    int64_t size() const override { return static_cast<int64_t>(group_.published.size()); }

    jsnormStatus_t maximum(int64_t *values, int32_t count) override {
        return combine(values, count, [](int64_t a, int64_t b) { return std::max(a, b); });
    }
    jsnormStatus_t total(int64_t *values, int32_t count) override {
        return combine(values, count, [](int64_t a, int64_t b) { return a + b; });
    }

    jsnormStatus_t all_gather(const void *sent, void *received,
                              const distributed::Segments &segments) override {
        exchange(sent, nullptr, [&] {
            for (int64_t r = 0; r < size(); ++r) {
                copy(words(received, segments.offsets[r]), of(r).data, segments.counts[r]);
            }
        });
        return JSNORM_STATUS_SUCCESS;
    }

    jsnormStatus_t all_to_all(const void *sent, const distributed::Segments &sent_segments,
                              void *received,
                              const distributed::Segments &received_segments) override {
        bool fits = true;
        exchange(sent, &sent_segments, [&] {
            for (int64_t r = 0; r < size(); ++r) {
                const distributed::Segments &theirs = *of(r).segments;
                fits = fits && theirs.counts[rank_] == received_segments.counts[r];
                copy(words(received, received_segments.offsets[r]),
                     static_cast<const std::byte *>(of(r).data) + 8 * theirs.offsets[rank_],
                     received_segments.counts[r]);
            }
        });
        return fits ? JSNORM_STATUS_SUCCESS : JSNORM_STATUS_INTERNAL_ERROR;
    }

    jsnormStatus_t pass_on(const void *sent, int32_t sent_words, int64_t to, void *received,
                           int32_t received_words, int64_t from) override {
        // What is sent has its size in front, and its receiver.
        std::vector<int64_t> message = {to, sent_words};
        message.resize(2 + static_cast<size_t>(sent_words));
        copy(message.data() + 2, sent, sent_words);
        bool fits = true;
        exchange(message.data(), nullptr, [&] {
            const auto *theirs = static_cast<const int64_t *>(of(from).data);
            fits = theirs[0] == rank_ && theirs[1] == received_words;
            if (fits) copy(received, theirs + 2, received_words);
        });
        return fits ? JSNORM_STATUS_SUCCESS : JSNORM_STATUS_INTERNAL_ERROR;
    }

  private:
    static void *words(void *data, int32_t offset) {
        return static_cast<std::byte *>(data) + 8 * static_cast<ptrdiff_t>(offset);
    }
    static void copy(void *to, const void *from, int32_t words) {
        if (words > 0) std::memcpy(to, from, 8 * static_cast<size_t>(words));
    }
    const ThreadGroup::Published &of(int64_t rank) const {
        return group_.published[static_cast<size_t>(rank)];
    }

    // Publishes, reads what all have published, and lets nobody go before everybody has read.
    template <class Read>
    void exchange(const void *data, const distributed::Segments *segments, Read read) {
        group_.published[static_cast<size_t>(rank_)] = {data, segments};
        group_.meet();
        read();
        group_.meet();
    }

    template <class Combine>
    jsnormStatus_t combine(int64_t *values, int32_t count, Combine combine) {
        const std::vector<int64_t> own(values, values + count);
        exchange(own.data(), nullptr, [&] {
            for (int64_t r = 0; r < size(); ++r) {
                const auto *theirs = static_cast<const int64_t *>(of(r).data);
                for (int32_t i = 0; i < count; ++i) {
                    values[i] = r == 0 ? theirs[i] : combine(values[i], theirs[i]);
                }
            }
        });
        return JSNORM_STATUS_SUCCESS;
    }

    ThreadGroup &group_;
    int64_t rank_;
};

// Runs body(engine) as every rank, each on a thread of its own.
inline void run_ranks(int64_t ranks, const std::function<void(distributed::Engine &)> &body) {
    ThreadGroup group(ranks);
    std::vector<std::thread> threads;
    for (int64_t r = 0; r < ranks; ++r) {
        threads.emplace_back([&group, &body, r] {
            ThreadEngine engine(group, r);
            body(engine);
        });
    }
    for (std::thread &thread : threads) thread.join();
}

}  // namespace jsnorm::test

#endif
