// SPDX-License-Identifier: Apache-2.0
// Launches one kernel: on the GPU, or on the executor.
#pragma once

#include "kernels/device/device.cuh"
#include "src/cuda/launch/runtime.hpp"

#if defined(JSNORM_SIMT)
#include "src/simt/device.hpp"
#endif

namespace jsnorm::cuda {

#if defined(__CUDACC__)

Error error_of(cudaError_t code);

template <class Args>
Error launch_kernel(const LaunchShape &shape, void (*kernel)(Args), Args args) {
    cudaLaunchAttribute attributes[2] = {};
    unsigned count = 0;
    if (shape.after_own_kernel) {
        cudaLaunchAttribute &overlap = attributes[count++];
        overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
        overlap.val.programmaticStreamSerializationAllowed = 1;
    }
    if (shape.cluster > 1) {
        cudaLaunchAttribute &cluster = attributes[count++];
        cluster.id = cudaLaunchAttributeClusterDimension;
        cluster.val.clusterDim = {static_cast<unsigned>(shape.cluster), 1, 1};
    }
    cudaLaunchConfig_t config = {};
    config.gridDim = dim3(static_cast<unsigned>(shape.blocks));
    config.blockDim = dim3(static_cast<unsigned>(shape.threads));
    config.dynamicSmemBytes = shape.shared_bytes;
    config.stream = shape.stream;
    config.attrs = attributes;
    config.numAttrs = count;
    void *arguments[] = {&args};
    return error_of(
        cudaLaunchKernelExC(&config, reinterpret_cast<const void *>(kernel), arguments));
}

// Loads a kernel for the current device, and lets its blocks take all the shared memory that there
// is, so that no operation has to.
template <class Args>
Error prepare_kernel(void (*kernel)(Args)) {
    const void *function = reinterpret_cast<const void *>(kernel);
    int device = 0;
    int limit = 0;
    cudaFuncAttributes attributes;
    Error error = error_of(cudaFuncGetAttributes(&attributes, function));
    if (!error) error = error_of(cudaGetDevice(&device));
    if (!error) {
        error = error_of(
            cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
    }
    if (error) return error;
    return error_of(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                         limit - static_cast<int>(attributes.sharedSizeBytes)));
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
