// SPDX-License-Identifier: Apache-2.0
// All that the backend uses of the CUDA runtime. A GPU (runtime_cuda.cu) and the executor
// (src/simt) implement it.
#pragma once

#include "jsnorm/jsnorm.h"
#include "src/core/device.hpp"

namespace jsnorm::cuda {

// The result of a call: 0, or the runtime's number and text for what went wrong.
struct Error {
    int code = 0;
    const char *text = "";
    bool device_lost = false;  // nothing but destroying works any more
    bool no_code = false;      // the device cannot run what was compiled
    explicit operator bool() const { return code != 0; }
};

Error current_device(int &ordinal);
Error set_current_device(int ordinal);
Error describe_device(int ordinal, DeviceSpec &spec);

// Whether memory at `pointer` can be reached from a device.
bool reaches(int ordinal, const void *pointer);

// A kernel launch, as plain numbers.
struct LaunchShape {
    const char *name = "";
    int64_t blocks = 1;
    int threads = 1;
    size_t shared_bytes = 0;
    bool after_own_kernel = false;  // may begin before the kernel before it in the stream has ended
    jsnormStream_t stream = nullptr;
    int cluster = 1;  // blocks
};

}  // namespace jsnorm::cuda
