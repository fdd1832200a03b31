// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/replay.hpp"

#include <stdexcept>
#include <utility>

#include "bench/cuda/device.hpp"

namespace jsnorm::bench {

Replay::Replay(cudaStream_t stream, std::function<void()> work)
    : stream_(stream), work_(std::move(work)) {
    work_();
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
    capture();
    check(cudaEventCreate(&begin_), "cudaEventCreate");
    check(cudaEventCreate(&end_), "cudaEventCreate");
}

Replay::~Replay() {
    cudaStreamSynchronize(stream_);
    if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
    if (begin_ != nullptr) cudaEventDestroy(begin_);
    if (end_ != nullptr) cudaEventDestroy(end_);
}

void Replay::capture() {
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capture");
    try {
        work_();
    } catch (const std::runtime_error &) {  // told of by the end of the capture too
    }
    if (cudaStreamEndCapture(stream_, &graph) == cudaSuccess)
        if (cudaGraphInstantiate(&graph_, graph, 0) != cudaSuccess) graph_ = nullptr;
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();
}

double Replay::seconds(int64_t times) {
    check(cudaEventRecord(begin_, stream_), "cudaEventRecord");
    for (int64_t i = 0; i < times; ++i) {
        if (graph_ != nullptr)
            check(cudaGraphLaunch(graph_, stream_), "cudaGraphLaunch");
        else
            work_();
    }
    check(cudaEventRecord(end_, stream_), "cudaEventRecord");
    check(cudaEventSynchronize(end_), "cudaEventSynchronize");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin_, end_), "cudaEventElapsedTime");
    return 1e-3 * static_cast<double>(milliseconds);
}

}  // namespace jsnorm::bench
