// SPDX-License-Identifier: Apache-2.0
//
// What the tests of streams, graphs and large tensors need of a GPU. device_work_cuda.cu is one;
// device_work_simt.cpp stands in for it where there is none: there every call is done when it
// returns, and a graph is the calls that it was made of.
#ifndef JSNORM_TESTS_GPU_DEVICE_WORK_HPP
#define JSNORM_TESTS_GPU_DEVICE_WORK_HPP

#include <jsnorm/jsnorm.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace jsnorm::test::gpu {

// Whether calls return before their work is done.
bool is_asynchronous();

// The legacy default stream does not wait for it, and it does not wait for that.
class Stream {
  public:
    Stream();
    ~Stream();
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
    jsnormStream_t get() const { return stream_; }
    bool is_done_within(double seconds) const;
    void wait() const;

  private:
    jsnormStream_t stream_ = nullptr;
};

// Holds up what comes behind it in a stream until it is released, or gives up after 20 seconds so
// that a failing test does not hang the device.
class Blocker {
  public:
    explicit Blocker(jsnormStream_t stream);
    ~Blocker();
    Blocker(const Blocker &) = delete;
    Blocker &operator=(const Blocker &) = delete;
    void release();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// What `work` enqueues on `stream` is captured, not run. Whatever is forbidden during a capture, on
// any thread, makes this throw.
class Graph {
  public:
    Graph(const Stream &stream, const std::function<void()> &work);
    ~Graph();
    Graph(const Graph &) = delete;
    Graph &operator=(const Graph &) = delete;
    void replay(const Stream &stream) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Blocks that come and go on a stream of their own, and keep part of the device and of its memory
// busy while this lives.
class Load {
  public:
    Load();
    ~Load();
    Load(const Load &) = delete;
    Load &operator=(const Load &) = delete;
    void more();  // a few milliseconds of it

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Copies the first `bytes` behind themselves until `total` bytes are full of them.
void repeat(void *memory, size_t bytes, size_t total);

size_t free_memory();

// A kernel of the name jsnorm_marker: what a profiler shows between two of them belongs together.
void mark(jsnormStream_t stream);

// What kernels have asked of memory since the last mark; -1 where nobody counts.
int64_t requested_bytes();

// How many elements a large tensor has: beyond 2^31 on a device.
int64_t large_elements();

}  // namespace jsnorm::test::gpu

#endif
