// SPDX-License-Identifier: Apache-2.0
//
// Collectives that not all of their threads reach, and loops that never end.

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Divergence = SimtTest;
using Deadlock = SimtTest;

std::string line, other_line;

JSNORM_KERNEL(64, 1) two_barriers_kernel() {
    if (threadIdx.x / 32 == 1) {
        NEXT_LINE_IS(line);
        __syncthreads();
    } else {
        NEXT_LINE_IS(other_line);
        __syncthreads();
    }
}

TEST_F(Divergence, BarriersAtTwoLinesAreReported) {
    EXPECT_REPORTS(simt::launch({{1}, {64}}, two_barriers_kernel),
                   "DIVERGENCE of __syncthreads at " + line, "block 0 thread 32 (warp 1 lane 0)",
                   "32 threads wait at " + other_line);
}

JSNORM_KERNEL(64, 1) exit_before_barrier_kernel(unsigned count) {
    if (threadIdx.x >= count) return;
    NEXT_LINE_IS(line);
    __syncthreads();
}

TEST_F(Divergence, BarrierAfterSomeHaveExitedIsReported) {
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        EXPECT_REPORTS(simt::launch({{1}, {64}}, exit_before_barrier_kernel, 40u), "DIVERGENCE",
                       "__syncthreads at " + line);
        EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, exit_before_barrier_kernel, 64u)));
    }
}

JSNORM_KERNEL(64, 1) exit_before_shuffle_kernel(unsigned count, global<unsigned> out) {
    if (threadIdx.x >= count) return;
    NEXT_LINE_IS(line);
    const unsigned value = __shfl_xor_sync(kAllLanes, threadIdx.x, 1);
    store(out + threadIdx.x, value);
}

TEST_F(Divergence, ShuffleOfLanesThatHaveExitedIsReported) {
    Array<unsigned> out(64);
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        EXPECT_REPORTS(simt::launch({{1}, {64}}, exit_before_shuffle_kernel, 40u, out),
                       "DIVERGENCE", "warp collective at " + line, "warp 1 lane");
        EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, exit_before_shuffle_kernel, 64u, out)));
    }
    // The last warp of a block of 40 threads has 8 lanes.
    EXPECT_REPORTS(simt::launch({{1}, {40}}, exit_before_shuffle_kernel, 40u, out), "DIVERGENCE",
                   "lanes 0xffffff00 of mask 0xffffffff do not exist");
}

JSNORM_KERNEL(32, 1) two_shuffles_kernel(global<unsigned> out) {
    unsigned value = threadIdx.x;
    if (threadIdx.x < 16) {
        NEXT_LINE_IS(other_line);
        value = __shfl_xor_sync(kAllLanes, value, 1);
    } else {
        NEXT_LINE_IS(line);
        value = __shfl_xor_sync(kAllLanes, value, 1);
    }
    store(out + threadIdx.x, value);
}

TEST_F(Divergence, ShufflesAtTwoLinesAreReported) {
    Array<unsigned> out(32);
    EXPECT_REPORTS(simt::launch({{1}, {32}}, two_shuffles_kernel, out),
                   "DIVERGENCE of a warp collective at " + line, "thread 16 ",
                   "lanes 0x0000ffff wait at " + other_line);
}

JSNORM_KERNEL(32, 1) wrong_mask_kernel(unsigned mask, global<unsigned> out) {
    NEXT_LINE_IS(line);
    store(out + threadIdx.x, __ballot_sync(mask, 1));
}

TEST_F(Divergence, LaneOutsideOfItsOwnMaskIsReported) {
    Array<unsigned> out(32);
    EXPECT_REPORTS(simt::launch({{1}, {32}}, wrong_mask_kernel, 0x0000ffffu, out),
                   "DIVERGENCE of a warp collective at " + line, "thread 16 (warp 0 lane 16)",
                   "not in its own mask 0x0000ffff");
}

JSNORM_KERNEL(32, 1) outside_source_kernel(global<int> out) {
    if (threadIdx.x >= 16) return;
    NEXT_LINE_IS(line);
    const int value = __shfl_sync(0xffff, 1, static_cast<int>(threadIdx.x) + 8);
    store(out + threadIdx.x, value);
}

TEST_F(Divergence, ShuffleFromALaneOutsideOfTheMaskIsReported) {
    Array<int> out(32);
    const auto report = simt::launch({{1}, {32}}, outside_source_kernel, out);
    EXPECT_TRUE(reports(report, {"DIVERGENCE of a shuffle at " + line,
                                 "lane 8 reads lane 16, which is not in mask 0x0000ffff"}));
    EXPECT_EQ(report.error_count, 8u);
}

JSNORM_KERNEL(64, 1) half_shuffle_kernel(global<int> out) {
    int value = 1;
    NEXT_LINE_IS(line);
    if (threadIdx.x % 32 < 16) value = __shfl_xor_sync(kAllLanes, value, 1);
    NEXT_LINE_IS(other_line);
    __syncthreads();
    store(out + threadIdx.x, value);
}

TEST_F(Deadlock, WaitersAreCountedByPlaceAndTheirFirstIsNamed) {
    Array<int> out(64);
    const auto report = simt::launch({{1}, {64}}, half_shuffle_kernel, out);
    EXPECT_TRUE(reports(report, {"DEADLOCK", "32 threads wait in a warp collective at " + line,
                                 "first block 0 thread 0 (warp 0 lane 0)",
                                 "32 threads wait in __syncthreads at " + other_line,
                                 "first block 0 thread 16 (warp 0 lane 16)"}));
}

JSNORM_KERNEL(32, 1) endless_kernel(global<uint32_t> flag) {
    NEXT_LINE_IS(line);
    while (atomic_or(flag, 0) == 0) __nanosleep(20);
}

TEST_F(Deadlock, PollingForWhatNeverComesEnds) {
    Array<uint32_t> flag(1);
    flag.clear();
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        EXPECT_REPORTS(simt::launch({{2}, {32}, 0, true}, endless_kernel, flag), "DEADLOCK",
                       "poll at " + line, "nothing changes");
    }
}

JSNORM_KERNEL(32, 1) missing_block_kernel() {
    if (blockIdx.x == 1) return;
    NEXT_LINE_IS(line);
    grid_sync();
}

TEST_F(Deadlock, GridBarrierThatABlockDoesNotReachIsReported) {
    EXPECT_REPORTS(simt::launch({{3}, {32}, 0, true}, missing_block_kernel), "DEADLOCK",
                   "64 threads wait in grid_sync at " + line, "first block 0");
}

TEST_F(Divergence, LaunchesGoOnAfterAFailedOne) {
    Array<unsigned> out(64);
    for (int i = 0; i < 100; i++) {
        EXPECT_FALSE(simt::launch({{1}, {64}}, two_barriers_kernel).ok());
        EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, exit_before_shuffle_kernel, 64u, out)));
    }
}

}  // namespace
}  // namespace jsnorm::test
