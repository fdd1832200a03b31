// SPDX-License-Identifier: Apache-2.0
// The CUDA runtime behind runtime.hpp. Every result is taken from the call itself: an error that
// the caller left pending is neither reported nor cleared.
#include <cstdio>
#include <cstring>

#include "src/cuda/launch/launch.hpp"

namespace jsnorm::cuda {

Error error_of(cudaError_t code) {
    if (code == cudaSuccess) return {};
    Error error = {static_cast<int>(code), cudaGetErrorString(code), false, false};
    switch (code) {
        case cudaErrorIllegalAddress:
        case cudaErrorIllegalInstruction:
        case cudaErrorMisalignedAddress:
        case cudaErrorInvalidAddressSpace:
        case cudaErrorInvalidPc:
        case cudaErrorLaunchFailure:
        case cudaErrorLaunchTimeout:
        case cudaErrorHardwareStackError:
        case cudaErrorAssert:
        case cudaErrorECCUncorrectable:
        case cudaErrorContextIsDestroyed:
            error.device_lost = true;
            break;
        case cudaErrorNoKernelImageForDevice:
        case cudaErrorInvalidDeviceFunction:
        case cudaErrorUnsupportedPtxVersion:
            error.no_code = true;
            break;
        default:
            break;
    }
    return error;
}

Error current_device(int &ordinal) {
    return error_of(cudaGetDevice(&ordinal));
}

Error set_current_device(int ordinal) {
    return error_of(cudaSetDevice(ordinal));
}

Error describe_device(int ordinal, DeviceSpec &spec) {
    cudaDeviceProp properties;
    const Error error = error_of(cudaGetDeviceProperties(&properties, ordinal));
    if (error) return error;
    std::snprintf(spec.name, sizeof spec.name, "%s", properties.name);
    spec.ordinal = ordinal;
    spec.major = properties.major;
    spec.minor = properties.minor;
    spec.multiprocessors = properties.multiProcessorCount;
    spec.shared_bytes_per_block = properties.sharedMemPerBlockOptin;
    spec.l2_bytes = static_cast<size_t>(properties.l2CacheSize);
    constexpr int kPortableCluster = 8;
    int clusters = 0;
    const Error unknown =
        error_of(cudaDeviceGetAttribute(&clusters, cudaDevAttrClusterLaunch, ordinal));
    if (unknown) return unknown;
    spec.cluster_blocks = clusters != 0 ? kPortableCluster : 1;
    return {};
}

bool reaches(int ordinal, const void *pointer) {
    cudaPointerAttributes attributes;
    if (cudaPointerGetAttributes(&attributes, pointer) != cudaSuccess) return false;
    switch (attributes.type) {
        case cudaMemoryTypeDevice:
            return attributes.device == ordinal;
        case cudaMemoryTypeManaged:
        case cudaMemoryTypeHost:  // pinned
            return attributes.devicePointer != nullptr;
        default:
            return false;
    }
}

}  // namespace jsnorm::cuda
