// SPDX-License-Identifier: Apache-2.0

#include <cuda_runtime.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/gpu/device_work.hpp"

// Its name is what matters, also to whoever reads a profile.
extern "C" __global__ void jsnorm_marker() {}

namespace jsnorm::test::gpu {
namespace {

constexpr unsigned long long kGiveUpNanoseconds = 20ull * 1000 * 1000 * 1000;
constexpr size_t kLoadBytes = size_t{256} << 20;

void check(cudaError_t error, const char *what) {
    if (error != cudaSuccess)
        throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

__device__ unsigned long long now() {
    unsigned long long time;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(time));
    return time;
}

__global__ void spin_until(const volatile int *released) {
    const unsigned long long begin = now();
    while (*released == 0 && now() - begin < kGiveUpNanoseconds) __nanosleep(1000);
}

__global__ void churn(float4 *memory, size_t count) {
    const size_t step = size_t{gridDim.x} * blockDim.x;
    for (size_t i = size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) {
        float4 v = memory[i];
        memory[i] = make_float4(v.y, v.z, v.w, v.x);
    }
}

cudaStream_t new_stream() {
    cudaStream_t stream = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    return stream;
}

}  // namespace

bool is_asynchronous() {
    return true;
}

Stream::Stream() : stream_(new_stream()) {}

Stream::~Stream() {
    cudaStreamDestroy(stream_);
}

bool Stream::is_done_within(double seconds) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
        const cudaError_t state = cudaStreamQuery(stream_);
        if (state != cudaErrorNotReady) {
            check(state, "cudaStreamQuery");
            return true;
        }
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
}

void Stream::wait() const {
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
}

struct Blocker::State {
    int *released = nullptr;  // on the host, and seen from the device
    cudaStream_t stream = nullptr;
};

Blocker::Blocker(jsnormStream_t stream) : state_(std::make_unique<State>()) {
    state_->stream = stream;
    check(cudaHostAlloc(reinterpret_cast<void **>(&state_->released), sizeof(int),
                        cudaHostAllocMapped),
          "cudaHostAlloc");
    *state_->released = 0;
    spin_until<<<1, 1, 0, stream>>>(state_->released);
    check(cudaGetLastError(), "spin_until");
}

void Blocker::release() {
    *static_cast<volatile int *>(state_->released) = 1;
}

Blocker::~Blocker() {
    release();
    cudaStreamSynchronize(state_->stream);
    cudaFreeHost(state_->released);
}

struct Graph::State {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
};

Graph::Graph(const Stream &stream, const std::function<void()> &work)
    : state_(std::make_unique<State>()) {
    check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeGlobal), "begin of a capture");
    work();
    check(cudaStreamEndCapture(stream.get(), &state_->graph), "end of a capture");
    check(cudaGraphInstantiate(&state_->executable, state_->graph, 0), "cudaGraphInstantiate");
}

Graph::~Graph() {
    cudaGraphExecDestroy(state_->executable);
    cudaGraphDestroy(state_->graph);
}

void Graph::replay(const Stream &stream) const {
    check(cudaGraphLaunch(state_->executable, stream.get()), "cudaGraphLaunch");
}

struct Load::State {
    Stream stream;
    float4 *memory = nullptr;
};

Load::Load() : state_(std::make_unique<State>()) {
    check(cudaMalloc(&state_->memory, kLoadBytes), "cudaMalloc");
    check(cudaMemset(state_->memory, 0, kLoadBytes), "cudaMemset");
}

void Load::more() {
    for (int i = 0; i < 8; ++i)
        churn<<<37 + i, 256, 0, state_->stream.get()>>>(state_->memory,
                                                        kLoadBytes / sizeof(float4) / 16);
    check(cudaGetLastError(), "churn");
}

Load::~Load() {
    cudaStreamSynchronize(state_->stream.get());
    cudaFree(state_->memory);
}

void repeat(void *memory, size_t bytes, size_t total) {
    auto *begin = static_cast<char *>(memory);
    for (size_t full = bytes; full < total; full *= 2)
        check(
            cudaMemcpy(begin + full, begin, std::min(full, total - full), cudaMemcpyDeviceToDevice),
            "cudaMemcpy");
}

size_t free_memory() {
    size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    return free;
}

void mark(jsnormStream_t stream) {
    jsnorm_marker<<<1, 1, 0, stream>>>();
    check(cudaGetLastError(), "jsnorm_marker");
}

int64_t requested_bytes() {
    return -1;
}

int64_t large_elements() {
    return (int64_t{1} << 31) + (int64_t{1} << 24);
}

}  // namespace jsnorm::test::gpu
