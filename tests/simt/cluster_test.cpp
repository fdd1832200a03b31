// SPDX-License-Identifier: Apache-2.0
//
// Clusters, their distributed shared memory, and bulk copies.

#include "kernels/device/cluster.cuh"
#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Clusters = SimtTest;

std::string line;

enum class Bug { None, NoWait, WaitOnce, NoClusterSync, NoLastClusterSync, TooFewBytes };

constexpr int kTile = 256;
constexpr int kRow = 2048;
constexpr unsigned kCluster = 4;

// A cluster sums a row: each block copies tiles of its slice, the first adds the parts.
template <Bug bug>
JSNORM_KERNEL(128, 1)
row_sum_kernel(global<const float> x, global<float> out) {
    JSNORM_SHARED(float, part, 1);
    JSNORM_SHARED(float, warp_sums, 4);
    JSNORM_SHARED(Mbarrier, barrier, 1);
    JSNORM_DYNAMIC_SHARED(float, tile);
    const unsigned rank = cluster_rank();
    const unsigned row = blockIdx.x / kCluster;
    const int slice = kRow / kCluster;
    if (threadIdx.x == 0) mbarrier_init(barrier, 1);
    __syncthreads();
    float sum = 0;
    unsigned parity = 0;
    for (int first = 0; first < slice; first += kTile, parity ^= 1) {
        if (threadIdx.x == 0) {
            mbarrier_arrive_tx(barrier, kTile * 4 + (bug == Bug::TooFewBytes ? 16 : 0));
            bulk_load(tile, x + (row * kRow + rank * slice + first), kTile * 4, barrier);
        }
        if (bug != Bug::NoWait && !(bug == Bug::WaitOnce && first > 0))
            mbarrier_wait(barrier, parity);
        NEXT_LINE_IS(line);
        for (unsigned i = threadIdx.x; i < kTile; i += blockDim.x) sum += tile[i];
        __syncthreads();
    }
    for (int distance = 16; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(kAllLanes, sum, distance);
    if (threadIdx.x % 32 == 0) warp_sums[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        float all = 0;
        for (int warp = 0; warp < 4; warp++) all += warp_sums[warp];
        part[0] = all;
    }
    if (bug != Bug::NoClusterSync) cluster_sync();
    if (rank == 0 && threadIdx.x == 0) {
        float all = 0;
        for (unsigned k = 0; k < kCluster; k++) all += cluster_map(part, k)[0];
        store(out + row, all);
    }
    if (bug != Bug::NoLastClusterSync) cluster_sync();
}

template <Bug bug>
simt::Report sum_rows() {
    std::vector<float> values(3 * kRow);
    for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<float>(i % 13) * 0.25f;
    Array<float> x(values, "x"), out(3, "out");
    simt::LaunchConfig launch{{3 * kCluster}, {128}, kTile * 4};
    launch.cluster = kCluster;
    const auto report = simt::launch(launch, row_sum_kernel<bug>, x, out);
    if (bug == Bug::None) {
        for (size_t row = 0; row < 3; row++) {
            float expected = 0;
            for (size_t i = 0; i < kRow; i++) expected += values[row * kRow + i];
            EXPECT_EQ(out.values()[row], expected);
        }
    }
    return report;
}

TEST_F(Clusters, SumThroughBulkCopiesAndDistributedSharedMemory) {
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        const auto report = sum_rows<Bug::None>();
        EXPECT_TRUE(is_clean(report)) << seed;
        EXPECT_EQ(report.counters.sectors_read, 3u * kRow * 4 / 32);
    }
}

TEST_F(Clusters, ReadingACopyWithoutWaitingIsReported) {
    EXPECT_REPORTS(sum_rows<Bug::NoWait>(), "UNINITIALISED read of shared 'tile'", line,
                   "block 0 thread 127 (warp 3 lane 31)");
}

TEST_F(Clusters, ReadingTheNextCopyWithoutWaitingIsReported) {
    simt::config().max_reports = 10000;  // some threads read the old tile first
    EXPECT_REPORTS(sum_rows<Bug::WaitOnce>(), "UNINITIALISED read of shared 'tile'", line,
                   "block 0 thread");
}

TEST_F(Clusters, MissingClusterBarrierIsReported) {
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        const auto report = sum_rows<Bug::NoClusterSync>();
        EXPECT_TRUE(reports(report, {"shared 'part' offset 0", "cluster_test.cpp:", " thread 0 "}));
    }
}

TEST_F(Clusters, SharedMemoryOfABlockThatHasExitedIsReported) {
    simt::config().seed = 1;
    size_t reported = 0;
    for (unsigned seed : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u}) {
        simt::config().seed = seed;
        reported += sum_rows<Bug::NoLastClusterSync>().has("which has exited");
    }
    EXPECT_GT(reported, 0u);
}

TEST_F(Clusters, BytesThatNeverArriveAreReported) {
    EXPECT_REPORTS(sum_rows<Bug::TooFewBytes>(), "DEADLOCK", "16 bytes", "mbarrier");
}

JSNORM_KERNEL(32, 1) uninitialised_barrier_kernel() {
    JSNORM_SHARED(Mbarrier, barrier, 1);
    NEXT_LINE_IS(line);
    mbarrier_wait(barrier, 0);
}

TEST_F(Clusters, WaitingForAnUninitialisedMbarrierIsReported) {
    EXPECT_REPORTS(simt::launch({{1}, {32}}, uninitialised_barrier_kernel),
                   "UNINITIALISED mbarrier", line, "thread 0");
}

JSNORM_KERNEL(32, 1) copy_bounds_kernel(global<const float> x, unsigned bytes) {
    JSNORM_SHARED(Mbarrier, barrier, 1);
    JSNORM_SHARED(float, tile, 64);
    if (threadIdx.x != 0) return;
    mbarrier_init(barrier, 1);
    mbarrier_arrive_tx(barrier, bytes);
    NEXT_LINE_IS(line);
    bulk_load(tile, x, bytes, barrier);
    mbarrier_wait(barrier, 0);
}

TEST_F(Clusters, CopiesOutOfBoundsAndMisalignedOnesAreReported) {
    Array<float> x(std::vector<float>(128), "x");
    const global<const float> begin = x;
    EXPECT_TRUE(is_clean(simt::launch({{1}, {32}}, copy_bounds_kernel, begin, 256u)));
    EXPECT_REPORTS(simt::launch({{1}, {32}}, copy_bounds_kernel, begin, 272u),
                   "OUT OF BOUNDS bulk write", line, "shared 'tile'");
    EXPECT_REPORTS(simt::launch({{1}, {32}}, copy_bounds_kernel, begin + 68, 256u),
                   "OUT OF BOUNDS bulk read", line, "global 'x'");
    EXPECT_REPORTS(simt::launch({{1}, {32}}, copy_bounds_kernel, begin + 1, 256u),
                   "MISALIGNED bulk copy", line);
}

TEST_F(Clusters, GridsThatAreNoMultipleOfTheClusterAreRefused) {
    simt::LaunchConfig launch{{6}, {32}};
    launch.cluster = 4;
    EXPECT_REPORTS(simt::launch(launch, uninitialised_barrier_kernel), "INVALID LAUNCH",
                   "blocks in a cluster");
}

}  // namespace
}  // namespace jsnorm::test
