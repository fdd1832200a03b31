// SPDX-License-Identifier: Apache-2.0
// Work on a stream, captured in a graph so that launching costs nobody anything, and its time
// between two events. Where it cannot be captured it is enqueued anew each time.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>

namespace jsnorm::bench {

class Replay {
  public:
    // Runs the work once before it captures it: that loads what is loaded once.
    Replay(cudaStream_t stream, std::function<void()> work);
    ~Replay();
    Replay(const Replay &) = delete;
    Replay &operator=(const Replay &) = delete;

    double seconds(int64_t times);  // of so many, one after another

  private:
    void capture();

    cudaStream_t stream_;
    std::function<void()> work_;
    cudaGraphExec_t graph_ = nullptr;
    cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

}  // namespace jsnorm::bench
