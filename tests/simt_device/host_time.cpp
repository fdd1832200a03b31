// SPDX-License-Identifier: Apache-2.0
//
// What a call of the CUDA backend takes of the host: checks, plan and launches, with the executor
// in the place of the runtime and of the kernels. Prints a table as Markdown.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "src/core/device.hpp"
#include "src/simt/device.hpp"
#include "tests/simt_device/layer_calls.hpp"

namespace jsnorm::test {
namespace {

constexpr int kH100 = 1;  // of the executor's table of devices
constexpr auto kJs = JSNORM_ESTIMATOR_JAMES_STEIN;

struct Row {
    const char *name;
    LayerShape layer;
};

const Row kRows[] = {
    {"batch norm, 32x512", {JSNORM_BATCH_NORM, JSNORM_FLOAT, {32, 512}, true}},
    {"batch norm, 4x64x7x7 NHWC", {JSNORM_BATCH_NORM, JSNORM_HALF, {4, 64, 7, 7}, true}},
    {"batch norm, 4x64x16x16 NCHW", {JSNORM_BATCH_NORM, JSNORM_HALF, {4, 64, 16, 16}, false}},
    {"the same, +z, ReLU", {JSNORM_BATCH_NORM, JSNORM_HALF, {4, 64, 16, 16}, false, kJs, true}},
    {"instance norm, 2x32x8x8 NHWC", {JSNORM_INSTANCE_NORM, JSNORM_HALF, {2, 32, 8, 8}, true}},
    {"layer norm, 32x256", {JSNORM_LAYER_NORM, JSNORM_HALF, {32, 256}, false}},
};

// The median of some runs, in microseconds of a call.
template <class Call>
double microseconds(const Call &call) {
    using Clock = std::chrono::steady_clock;
    constexpr int kCalls = 2000;
    constexpr int kRuns = 15;
    std::vector<double> times;
    for (int run = 0; run < kRuns; ++run) {
        const auto begin = Clock::now();
        for (int i = 0; i < kCalls; ++i) call();
        const std::chrono::duration<double, std::micro> taken = Clock::now() - begin;
        times.push_back(taken.count() / kCalls);
        simt_device::take_launches();
    }
    std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
    return times[kRuns / 2];
}

// Launches of a call.
template <class Call>
size_t launches_of(const Call &call) {
    simt_device::take_launches();
    call();
    return simt_device::take_launches().size();
}

void print(const Row &row, jsnormHandle_t handle) {
    const LayerCalls calls(handle, row.layer);
    const auto forward = [&] { calls.forward(); };
    const auto backward = [&] { calls.backward(); };
    const size_t forward_launches = launches_of(forward);
    const size_t backward_launches = launches_of(backward);
    std::printf("| %s | %.2f | %zu | %.2f | %zu |\n", row.name, microseconds(forward),
                forward_launches, microseconds(backward), backward_launches);
}

int run() {
    cuda::set_current_device(kH100);
    simt_device::skip_kernels(true);
    jsnormHandle_t handle = nullptr;
    require(jsnormCreate(&handle, JSNORM_BACKEND_CUDA), "jsnormCreate");
    std::printf("| call | forward, us | launches | backward, us | launches |\n");
    std::printf("| --- | ---: | ---: | ---: | ---: |\n");
    for (const Row &row : kRows) print(row, handle);
    require(jsnormDestroy(handle), "jsnormDestroy");
    return 0;
}

}  // namespace
}  // namespace jsnorm::test

int main() {
    return jsnorm::test::run();
}
