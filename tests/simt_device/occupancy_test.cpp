// SPDX-License-Identifier: Apache-2.0
//
// What is planned runs: by the toolkit's own calculator, with as many registers as a thread can
// have, at least one block of every kernel of rows fits a multiprocessor of every device, and two
// blocks do of the fused ones where nothing but the stash takes their shared memory.

#include <cuda_occupancy.h>

#include "src/cuda/plan/access.hpp"
#include "src/simt/device.hpp"
#include "tests/simt_device/planned.hpp"

namespace jsnorm::cuda {
namespace {

int blocks_at_once(const DeviceSpec &spec, int threads, size_t shared) {
    cudaOccDeviceProp device{};
    device.computeMajor = spec.major;
    device.computeMinor = spec.minor;
    device.maxThreadsPerBlock = 1024;
    device.maxThreadsPerMultiprocessor = spec.major == 12 ? 1536 : 2048;
    device.regsPerBlock = device.regsPerMultiprocessor = 65536;
    device.warpSize = 32;
    device.sharedMemPerBlock = 48 * 1024;
    device.sharedMemPerBlockOptin = spec.shared_bytes_per_block;
    device.sharedMemPerMultiprocessor = spec.shared_bytes_per_block + 1024;
    device.reservedSharedMemPerBlock = 1024;
    device.numSms = spec.multiprocessors;
    cudaOccFuncAttributes kernel{};
    kernel.maxThreadsPerBlock = threads;
    kernel.numRegs = 255;
    kernel.sharedSizeBytes = 1024;  // at most, static
    kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
    kernel.maxDynamicSharedSizeBytes = spec.shared_bytes_per_block - kernel.sharedSizeBytes;
    kernel.numBlockBarriers = 1;
    const cudaOccDeviceState state{};
    cudaOccResult result{};
    EXPECT_EQ(
        cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, threads, shared),
        CUDA_OCC_SUCCESS);
    return result.activeBlocksPerMultiprocessor;
}

TEST(Occupancy, EveryPlannedBlockFitsAMultiprocessor) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, streaming] = plan(shape);
        if (problem.empty() || streaming.columns) continue;
        const gpu::RowAccess access = row_access(problem, view, streaming, true);
        for (int ordinal = 0; ordinal < simt_device::kDevices; ++ordinal) {
            const DeviceSpec device = simt_device::device_spec(ordinal);
            for (const RowsKernel kernel : kRowsKernels) {
                const Tree tree =
                    make_tree(problem, view,
                              kernel == RowsKernel::kGradientSums && problem.parameter_per_element);
                const RowsPlan rows = plan_rows(problem, tree, kernel, access, device);
                if (!rows.fits) continue;
                ASSERT_GE(blocks_at_once(device, row_threads(tree), rows.shared_bytes()), 1);
            }
        }
    }
}

TEST(Occupancy, TwoBlocksShareAMultiprocessorWhereAGroupWaitsInSharedMemory) {
    int stashed = 0;
    for (const int64_t channels : {16, 40, 100, 128}) {
        for (const int64_t size : {4, 8, 14, 16}) {
            for (const bool last : {false, true}) {
                const auto [problem, view, streaming] =
                    plan({JSNORM_INSTANCE_NORM, JSNORM_FLOAT, {32, channels, size, size}, last});
                for (int ordinal = 0; ordinal < simt_device::kDevices; ++ordinal) {
                    const DeviceSpec device = simt_device::device_spec(ordinal);
                    if (device.shared_bytes_per_block < 160 * 1024) continue;
                    const auto fits = fused(problem, view, RowsKernel::kForward, device);
                    if (!fits) continue;
                    const RowsPlan rows =
                        plan_rows(fits->problem, fits->tree, RowsKernel::kForward,
                                  row_access(fits->problem, view, fits->tree, true), device);
                    stashed += plan_groups(fits->problem, fits->tree).rounds > 1 ? 1 : 0;
                    EXPECT_GE(blocks_at_once(device, row_threads(fits->tree), rows.shared_bytes()),
                              2)
                        << channels << " channels, " << size << (last ? " NHWC" : " NCHW");
                }
            }
        }
    }
    EXPECT_GT(stashed, 20);
}

}  // namespace
}  // namespace jsnorm::cuda
