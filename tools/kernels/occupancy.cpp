// SPDX-License-Identifier: Apache-2.0
// How many blocks of a kernel fit one multiprocessor, by the toolkit's own calculator, which needs
// neither a device nor a driver. Reads lines of numbers, answers each with one number; see
// occupancy.py for what they mean and for the devices.
#include <climits>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include <cuda_occupancy.h>

int main() {
    int major, threads_per_sm, shared_per_sm, shared_per_block, threads, registers, shared,
        barriers;
    while (std::scanf("%d%d%d%d%d%d%d%d", &major, &threads_per_sm, &shared_per_sm,
                      &shared_per_block, &threads, &registers, &shared, &barriers) == 8) {
        cudaOccDeviceProp device{};
        device.computeMajor = major;
        device.maxThreadsPerBlock = 1024;
        device.maxThreadsPerMultiprocessor = threads_per_sm;
        device.regsPerBlock = 65536;
        device.regsPerMultiprocessor = 65536;
        device.warpSize = 32;
        device.sharedMemPerBlock = 48 << 10;
        device.sharedMemPerBlockOptin = static_cast<size_t>(shared_per_block);
        device.sharedMemPerMultiprocessor = static_cast<size_t>(shared_per_sm);
        device.reservedSharedMemPerBlock = 1024;
        device.numSms = 1;  // the answer is for one

        cudaOccFuncAttributes kernel{};
        kernel.maxThreadsPerBlock = threads;
        kernel.numRegs = registers;
        kernel.sharedSizeBytes = static_cast<size_t>(shared);
        kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
        kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
        kernel.maxDynamicSharedSizeBytes = static_cast<size_t>(shared_per_block - shared);
        kernel.numBlockBarriers = barriers;

        const cudaOccDeviceState state{};
        cudaOccResult result{};
        const cudaOccError error =
            cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, threads, 0);
        if (error != CUDA_OCC_SUCCESS) {
            std::fprintf(stderr, "cuda_occupancy.h: error %d\n", static_cast<int>(error));
            return 1;
        }
        std::printf("%d\n", result.activeBlocksPerMultiprocessor);
    }
}
