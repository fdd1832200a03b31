// SPDX-License-Identifier: Apache-2.0

#include "src/simt/device.hpp"

#include <cstdio>
#include <utility>

namespace jsnorm::simt_device {
namespace {

struct State {
    int current = 0;
    int calls = 0;
    int fails_at = -1;
    int code = 0;
    bool lost = false;
    bool skips_kernels = false;
    std::vector<Launch> launches;
};

State &state() {
    static State instance;
    return instance;
}

const char *text_of(int code) {
    switch (code) {
        case kErrorNoDevice:
            return "no CUDA-capable device is detected";
        case kErrorNoKernelImage:
            return "no kernel image is available for execution on the device";
        case kErrorIllegalAddress:
            return "an illegal memory access was encountered";
        case kErrorOutOfResources:
            return "too many resources requested for launch";
        default:
            return "unknown error";
    }
}

cuda::Error error_of(int code) {
    return {code, text_of(code), code == kErrorIllegalAddress, code == kErrorNoKernelImage};
}

// Every call of the runtime passes through here.
cuda::Error begin_call() {
    State &s = state();
    const int call = s.calls++;
    if (s.lost) return error_of(kErrorIllegalAddress);
    if (call != s.fails_at) return {};
    s.lost = s.code == kErrorIllegalAddress;
    return error_of(s.code);
}

}  // namespace

DeviceSpec device_spec(int ordinal) {
    struct Row {
        const char *name;
        int major, minor, multiprocessors;
        size_t shared_kib, l2_mib;
    };
    static constexpr Row kTable[kDevices] = {
        {"A100", 8, 0, 108, 163, 40},         {"H100", 9, 0, 132, 227, 50},
        {"H200", 9, 0, 132, 227, 60},         {"B200", 10, 0, 148, 227, 126},
        {"consumer part", 12, 0, 36, 99, 32},
    };
    const Row &row = kTable[ordinal];
    DeviceSpec spec;
    std::snprintf(spec.name, sizeof spec.name, "executor as %s", row.name);
    spec.ordinal = ordinal;
    spec.major = row.major;
    spec.minor = row.minor;
    spec.multiprocessors = row.multiprocessors;
    spec.shared_bytes_per_block = row.shared_kib * 1024;
    spec.l2_bytes = row.l2_mib << 20;
    spec.cluster_blocks = row.major >= 9 ? 8 : 1;
    return spec;
}

void inject_error(int call, int code) {
    state().fails_at = state().calls + call;
    state().code = code;
}

void reset() {
    state() = State{};
}

int calls() {
    return state().calls;
}

std::vector<Launch> take_launches() {
    return std::exchange(state().launches, {});
}

void skip_kernels(bool skip) {
    state().skips_kernels = skip;
}

cuda::Error launch(const cuda::LaunchShape &shape,
                   const std::function<simt::Report(const simt::LaunchConfig &)> &kernel) {
    const cuda::Error error = begin_call();
    if (error) return error;
    const DeviceSpec device = device_spec(state().current);
    if (shape.threads > 1024 || shape.blocks > INT32_MAX ||
        shape.shared_bytes > device.shared_bytes_per_block ||
        shape.cluster > device.cluster_blocks) {
        return error_of(kErrorOutOfResources);
    }
    state().launches.push_back({shape.name, shape.stream, shape.blocks, shape.threads,
                                shape.shared_bytes, shape.after_own_kernel, state().current,
                                shape.cluster});
    if (state().skips_kernels) return {};
    simt::LaunchConfig config;
    config.grid.x = static_cast<unsigned>(shape.blocks);
    config.block.x = static_cast<unsigned>(shape.threads);
    config.dynamic_shared = shape.shared_bytes;
    config.cluster = static_cast<unsigned>(shape.cluster);
    config.overlaps = shape.after_own_kernel;
    config.name = shape.name;
    kernel(config);
    return {};
}

cuda::Error prepare() {
    return begin_call();
}

}  // namespace jsnorm::simt_device

namespace jsnorm::cuda {

using simt_device::state;

Error current_device(int &ordinal) {
    const Error error = simt_device::begin_call();
    if (!error) ordinal = state().current;
    return error;
}

Error set_current_device(int ordinal) {
    const Error error = simt_device::begin_call();
    if (!error) state().current = ordinal;
    return error;
}

Error describe_device(int ordinal, DeviceSpec &spec) {
    const Error error = simt_device::begin_call();
    if (!error) spec = simt_device::device_spec(ordinal);
    return error;
}

bool reaches(int, const void *pointer) {
    return simt::owns(pointer);
}

}  // namespace jsnorm::cuda
