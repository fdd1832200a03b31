// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "src/simt/executor.hpp"
#include "tests/gpu/device_work.hpp"

namespace jsnorm::test::gpu {

bool is_asynchronous() {
    return false;
}

// Never looked into: only its address counts.
Stream::Stream() : stream_(reinterpret_cast<jsnormStream_t>(new char)) {}
Stream::~Stream() {
    delete reinterpret_cast<char *>(stream_);
}
bool Stream::is_done_within(double) const {
    return true;
}
void Stream::wait() const {}

struct Blocker::State {};
Blocker::Blocker(jsnormStream_t) {}
Blocker::~Blocker() = default;
void Blocker::release() {}

struct Graph::State {
    std::function<void()> work;
};
Graph::Graph(const Stream &, const std::function<void()> &work)
    : state_(std::make_unique<State>(State{work})) {}
Graph::~Graph() = default;
void Graph::replay(const Stream &) const {
    state_->work();
}

struct Load::State {};
Load::Load() = default;
Load::~Load() = default;
void Load::more() {}

void repeat(void *memory, size_t bytes, size_t total) {
    std::vector<char> image(total);
    simt::download(image.data(), memory, bytes);
    for (size_t i = bytes; i < total; ++i) image[i] = image[i - bytes];
    simt::upload(memory, image.data(), total);
}

size_t free_memory() {
    return std::numeric_limits<size_t>::max();
}

void mark(jsnormStream_t) {
    simt::config().keep_launches = true;
    simt::take_launches();
}

int64_t requested_bytes() {
    simt::Counters sum;
    for (const simt::LaunchRecord &launch : simt::take_launches()) sum += launch.counters;
    return static_cast<int64_t>(sum.loads.bytes + sum.stores.bytes);
}

int64_t large_elements() {
    return 40000;
}

}  // namespace jsnorm::test::gpu
