// SPDX-License-Identifier: Apache-2.0
//
// How fast the executor is: thread events (accesses, collectives, barriers) per second, with and
// without checks. A program, not a test: nothing depends on the figures.

#include <chrono>
#include <cstdint>
#include <cstdio>

#include "kernels/device/device.cuh"

namespace jsnorm::gpu {
namespace {

struct Arguments {
    global<const float> x;
    global<float> y;
    int64_t count;
};

JSNORM_KERNEL(256, 1) copy_kernel(Arguments p) {
    const int64_t stride = int64_t{gridDim.x} * blockDim.x * 4;
    for (int64_t i = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * 4; i < p.count; i += stride)
        store_vec<4>(p.y + i, load_vec<4>(p.x + i));
}

JSNORM_KERNEL(256, 1) sum_kernel(Arguments p) {
    JSNORM_SHARED(float, parts, 32);
    const unsigned lane = threadIdx.x % 32;
    float sum = 0;
    const int64_t stride = int64_t{gridDim.x} * blockDim.x;
    for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < p.count; i += stride)
        sum += load(p.x + i);
    for (int distance = 16; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(0xffffffff, sum, distance);
    if (lane == 0) parts[threadIdx.x / 32] = sum;
    __syncthreads();
    sum = lane < blockDim.x / 32 ? float(parts[lane]) : 0;
    for (int distance = 16; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(0xffffffff, sum, distance);
    if (threadIdx.x == 0) store(p.y + blockIdx.x, sum);
}

struct Workload {
    const char *name;
    void (*kernel)(Arguments);
    unsigned blocks;
    int64_t count;
    int launches;
};

void measure(const Workload &work, const Arguments &arguments, const char *checks) {
    using Clock = std::chrono::steady_clock;
    double best = 1e30;
    uint64_t events = 0;
    for (int repetition = 0; repetition < 5; repetition++) {
        const uint64_t before = simt::totals().events();
        const auto begin = Clock::now();
        for (int i = 0; i < work.launches; i++)
            simt::launch({{work.blocks}, {256}}, work.kernel, arguments);
        const std::chrono::duration<double> time = Clock::now() - begin;
        events = simt::totals().events() - before;
        if (time.count() < best) best = time.count();
    }
    std::printf("%-24s %-20s %9.1f us a launch %8.1f M thread events/s\n", work.name, checks,
                1e6 * best / work.launches, 1e-6 * static_cast<double>(events) / best);
}

int run() {
    const int64_t count = int64_t{1} << 18;
    auto *const x = static_cast<float *>(simt::allocate(count * sizeof(float), "x"));
    auto *const y = static_cast<float *>(simt::allocate(count * sizeof(float), "y"));
    simt::fill(x, 0, count * sizeof(float));
    const Workload workloads[] = {
        {"copy, 64 blocks", copy_kernel, 64, count, 4},
        {"sum, 64 blocks", sum_kernel, 64, count, 4},
        {"sum, 256 short blocks", sum_kernel, 256, 65536, 4},
        {"copy, 2 short blocks", copy_kernel, 2, 2048, 500},
        {"sum, 2 short blocks", sum_kernel, 2, 512, 500},
    };
    for (const Workload &work : workloads) {
        simt::Config &config = simt::config();
        const Arguments arguments{x, y, work.count};
        config.bounds = config.races = config.traffic = false;
        measure(work, arguments, "no checks");
        config.bounds = config.traffic = true;
        measure(work, arguments, "bounds and traffic");
        config.races = true;
        measure(work, arguments, "all checks");
    }
    for (const std::string &error : simt::take_errors()) std::printf("%s\n", error.c_str());
    return 0;
}

}  // namespace
}  // namespace jsnorm::gpu

int main() {
    return jsnorm::gpu::run();
}
