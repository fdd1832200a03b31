// SPDX-License-Identifier: Apache-2.0
// Launches one kernel: on the GPU, or on the executor.
#pragma once

#include "kernels/device.cuh"
#include "src/cuda/runtime.hpp"

#if defined(JSNORM_SIMT)
#include "tests/simt_device/device.hpp"
#endif

namespace jsnorm::cuda {

#if defined(__CUDACC__)

Error error_of(cudaError_t code);

template <class Args>
Error launch_kernel(const LaunchShape &shape, void (*kernel)(Args), Args args) {
    constexpr size_t kDefaultSharedBytes = 48 * 1024;
    if (shape.shared_bytes > kDefaultSharedBytes) {
        const Error error = error_of(cudaFuncSetAttribute(
            reinterpret_cast<const void *>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
            static_cast<int>(shape.shared_bytes)));
        if (error) return error;
    }
    cudaLaunchAttribute overlap = {};
    overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    overlap.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = dim3(static_cast<unsigned>(shape.blocks));
    config.blockDim = dim3(static_cast<unsigned>(shape.threads));
    config.dynamicSmemBytes = shape.shared_bytes;
    config.stream = shape.stream;
    config.attrs = &overlap;
    config.numAttrs = shape.after_own_kernel ? 1 : 0;
    void *arguments[] = {&args};
    return error_of(
        cudaLaunchKernelExC(&config, reinterpret_cast<const void *>(kernel), arguments));
}

// Loads a kernel, so that no operation has to.
template <class Args>
Error prepare_kernel(void (*kernel)(Args)) {
    cudaFuncAttributes attributes;
    return error_of(cudaFuncGetAttributes(&attributes, reinterpret_cast<const void *>(kernel)));
}

#else

template <class Args>
Error launch_kernel(const LaunchShape &shape, void (*kernel)(Args), const Args &args) {
    return simt_device::launch(shape, [&](const simt::LaunchConfig &config) {
        return simt::launch(config, kernel, args);
    });
}

template <class Args>
Error prepare_kernel(void (*)(Args)) {
    return simt_device::prepare();
}

#endif

}  // namespace jsnorm::cuda
