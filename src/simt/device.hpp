// SPDX-License-Identifier: Apache-2.0
//
// A GPU in the process: what src/cuda asks of the CUDA runtime, answered by the executor. Its
// properties come from a table, kernels run when they are launched, and errors can be injected at
// any call.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/cuda/launch/runtime.hpp"
#include "src/simt/executor.hpp"

namespace jsnorm::simt_device {

// The devices of the process, ordinals 0 to 4: A100, H100, H200, B200 and a small consumer part.
inline constexpr int kDevices = 5;
DeviceSpec device_spec(int ordinal);

// The error of cudaErrorNoDevice and its like, as tests inject them.
inline constexpr int kErrorNoDevice = 100;
inline constexpr int kErrorNoKernelImage = 209;
inline constexpr int kErrorIllegalAddress = 700;
inline constexpr int kErrorOutOfResources = 701;

// Call number `call` from now on (0: the next one) fails with `code`; a device that is lost fails
// every call after that.
void inject_error(int call, int code);
// No error is waiting, no device is lost, device 0 is current.
void reset();
// Runtime calls since reset().
int calls();

// What was launched since the last call.
struct Launch {
    std::string name;
    jsnormStream_t stream = nullptr;
    int64_t blocks = 0;
    int threads = 0;
    size_t shared_bytes = 0;
    bool after_own_kernel = false;
    int device = 0;
    int cluster = 1;  // blocks
};
std::vector<Launch> take_launches();

// Launches are checked and listed, but no kernel runs: what is left is the time of the host.
void skip_kernels(bool skip);

// For src/cuda/launch/launch.hpp.
cuda::Error launch(const cuda::LaunchShape &shape,
                   const std::function<simt::Report(const simt::LaunchConfig &)> &kernel);
cuda::Error prepare();

}  // namespace jsnorm::simt_device
