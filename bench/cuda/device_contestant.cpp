// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/device_contestant.hpp"

#include <algorithm>

namespace jsnorm::bench {

namespace {

// Long enough that the launch of a graph is a small part of it, whatever the call.
constexpr int64_t kLeastCalls = 32;

}  // namespace

DeviceContestant::~DeviceContestant() {
    cudaStreamSynchronize(device_->stream());
    if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
    if (begin_ != nullptr) cudaEventDestroy(begin_);
    if (end_ != nullptr) cudaEventDestroy(end_);
}

void DeviceContestant::run() {
    device_->wipe();
    enqueue(device_->sets().front());
    check(cudaGetLastError(), "launch");
    device_->fetch(host_);
}

void DeviceContestant::enqueue_round() {
    const auto &sets = device_->sets();
    for (int64_t i = 0; i < calls_per_round_; ++i)
        enqueue(sets[static_cast<size_t>(i) % sets.size()]);
}

void DeviceContestant::capture() {
    check(cudaEventCreate(&begin_), "cudaEventCreate");
    check(cudaEventCreate(&end_), "cudaEventCreate");
    const auto sets = static_cast<int64_t>(device_->sets().size());
    // Whole rounds over the sets; a long call needs no company.
    calls_per_round_ = device_->tensor_bytes() > (size_t{64} << 20)
                           ? sets
                           : (std::max(kLeastCalls, sets) + sets - 1) / sets * sets;
    enqueue_round();  // loads what is loaded once
    check(cudaStreamSynchronize(device_->stream()), "cudaStreamSynchronize");
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(device_->stream(), cudaStreamCaptureModeThreadLocal), "capture");
    try {
        enqueue_round();
    } catch (const std::runtime_error &) {  // told of by the end of the capture too
    }
    if (cudaStreamEndCapture(device_->stream(), &graph) == cudaSuccess)
        if (cudaGraphInstantiate(&graph_, graph, 0) != cudaSuccess) graph_ = nullptr;
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();
}

double DeviceContestant::seconds(int64_t calls) {
    if (calls_per_round_ == 0) capture();
    const int64_t rounds = (calls + calls_per_round_ - 1) / calls_per_round_;
    cudaStream_t stream = device_->stream();
    check(cudaEventRecord(begin_, stream), "cudaEventRecord");
    for (int64_t i = 0; i < rounds; ++i) {
        if (graph_ != nullptr)
            check(cudaGraphLaunch(graph_, stream), "cudaGraphLaunch");
        else
            enqueue_round();
    }
    check(cudaEventRecord(end_, stream), "cudaEventRecord");
    check(cudaEventSynchronize(end_), "cudaEventSynchronize");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin_, end_), "cudaEventElapsedTime");
    return 1e-3 * static_cast<double>(milliseconds) * static_cast<double>(calls) /
           static_cast<double>(rounds * calls_per_round_);
}

}  // namespace jsnorm::bench
