// SPDX-License-Identifier: Apache-2.0
// The ceiling: x to y, each thread its own stretch, by memcpy, which knows when to bypass the
// caches.
#include <algorithm>
#include <cstring>

#include "bench/contestants.hpp"

namespace jsnorm::bench {

namespace {

constexpr size_t kWorthThreads = 256 * 1024;  // below, waking a thread takes longer than the copy

class Copy : public HostContestant {
  public:
    Copy(Tensors &tensors, int threads) : HostContestant(tensors), threads_(threads) {}

  private:
    void call(size_t index) override {
        const TensorSet &set = tensors_.sets()[index];
        const size_t bytes = tensors_.tensor_bytes();
        if (threads_ == 1 || bytes < kWorthThreads) {
            std::memcpy(set.out, set.x, bytes);
            return;
        }
        const size_t stretch = (bytes / static_cast<size_t>(threads_) + 64) / 64 * 64;
#pragma omp parallel for schedule(static, 1) num_threads(threads_)
        for (int thread = 0; thread < threads_; ++thread) {
            const size_t begin = std::min(bytes, static_cast<size_t>(thread) * stretch);
            std::memcpy(set.out + begin, set.x + begin, std::min(stretch, bytes - begin));
        }
    }

    int threads_;
};

}  // namespace

std::unique_ptr<Contestant> make_copy(const Case &, Tensors &tensors, const Settings &settings) {
    return std::make_unique<Copy>(tensors, settings.threads);
}

}  // namespace jsnorm::bench
