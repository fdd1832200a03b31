// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/device_contestant.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/statistics.hpp"

namespace jsnorm::bench {

namespace {

// Few enough that no call waits for room in the queue of launches.
constexpr int kCallsOfAQueue = 16;
constexpr int kQueues = 9;

// Long enough that the launch of a graph is a small part of it, whatever the call.
constexpr int64_t kLeastCalls = 32;

}  // namespace

DeviceContestant::~DeviceContestant() {
    cudaStreamSynchronize(device_->stream());
}

void DeviceContestant::run() {
    device_->wipe();
    enqueue(device_->sets().front());
    check(cudaGetLastError(), "launch");
    device_->fetch(host_);
}

void DeviceContestant::prepare() {
    const auto &sets = device_->sets();
    const auto count = static_cast<int64_t>(sets.size());
    // Whole rounds over the sets; a long call needs no company.
    calls_per_round_ = device_->tensor_bytes() > (size_t{64} << 20)
                           ? count
                           : (std::max(kLeastCalls, count) + count - 1) / count * count;
    round_ = std::make_unique<Replay>(device_->stream(), [this, &sets] {
        for (int64_t i = 0; i < calls_per_round_; ++i)
            enqueue(sets[static_cast<size_t>(i) % sets.size()]);
    });
}

double DeviceContestant::seconds(int64_t calls) {
    if (round_ == nullptr) prepare();
    const int64_t rounds = (calls + calls_per_round_ - 1) / calls_per_round_;
    return round_->seconds(rounds) * static_cast<double>(calls) /
           static_cast<double>(rounds * calls_per_round_);
}

double DeviceContestant::host_seconds() {
    using Clock = std::chrono::steady_clock;
    std::vector<double> times;
    for (int queue = 0; queue < kQueues; ++queue) {
        check(cudaStreamSynchronize(device_->stream()), "cudaStreamSynchronize");
        const auto begin = Clock::now();
        for (int i = 0; i < kCallsOfAQueue; ++i) enqueue(device_->sets().front());
        const std::chrono::duration<double> taken = Clock::now() - begin;
        times.push_back(taken.count() / kCallsOfAQueue);
    }
    check(cudaStreamSynchronize(device_->stream()), "cudaStreamSynchronize");
    return median(times);
}

}  // namespace jsnorm::bench
