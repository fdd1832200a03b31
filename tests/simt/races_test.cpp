// SPDX-License-Identifier: Apache-2.0
//
// Missing synchronization of every kind, planted, is reported with its line and thread.

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Races = SimtTest;

std::string line, other_line;

enum class Sync { None, Warp, Block };

// Each thread reads what the one `distance` further wrote.
template <Sync sync>
JSNORM_KERNEL(64, 1)
exchange_kernel(global<int> out, unsigned distance) {
    JSNORM_SHARED(int, values, 64);
    NEXT_LINE_IS(other_line);
    values[threadIdx.x] = static_cast<int>(threadIdx.x);
    if (sync == Sync::Warp) __syncwarp();
    if (sync == Sync::Block) __syncthreads();
    const unsigned warp = threadIdx.x / 32 * 32;
    const unsigned source =
        distance < 32 ? warp + (threadIdx.x + distance) % 32 : (threadIdx.x + distance) % 64;
    NEXT_LINE_IS(line);
    store(out + threadIdx.x, int(values[source]));
}

TEST_F(Races, MissingBlockBarrierIsReported) {
    Array<int> out(64);
    const auto kernel = exchange_kernel<Sync::None>;
    EXPECT_REPORTS(simt::launch({{1}, {64}}, kernel, out, 32),
                   "UNINITIALISED read of shared 'values'", "offset 128", line,
                   "block 0 thread 0 (warp 0 lane 0)");
    EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, exchange_kernel<Sync::Block>, out, 32)));
}

TEST_F(Races, WarpBarrierDoesNotOrderOtherWarps) {
    Array<int> out(64);
    const auto kernel = exchange_kernel<Sync::Warp>;
    simt::config().max_reports = 100;
    EXPECT_REPORTS(simt::launch({{1}, {64}}, kernel, out, 32),
                   "RACE read after write of shared 'values'", "offset 0", line,
                   "block 0 thread 32 (warp 1 lane 0)",
                   "written at " + other_line + " by block 0 thread 0");
}

TEST_F(Races, MissingWarpBarrierIsReported) {
    Array<int> out(64);
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        const auto report = simt::launch({{1}, {64}}, exchange_kernel<Sync::None>, out, 1);
        EXPECT_TRUE(reports(report, {"shared 'values'", line})) << seed;
        EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, exchange_kernel<Sync::Warp>, out, 1)))
            << seed;
    }
}

// Shared memory that is written again while others may still read it.
template <Sync sync>
JSNORM_KERNEL(64, 1)
reuse_kernel(global<int> out) {
    JSNORM_SHARED(int, value, 1);
    for (int round = 0; round < 2; round++) {
        NEXT_LINE_IS(line);
        if (threadIdx.x == 0) value[0] = round;
        __syncthreads();
        store(out + threadIdx.x, int(value[0]));
        if (sync == Sync::Block) __syncthreads();
    }
}

TEST_F(Races, WritingWhileOthersMayStillReadIsReported) {
    Array<int> out(64);
    simt::config().seed = 1;  // thread 0 is the last of its warp to read
    EXPECT_REPORTS(simt::launch({{1}, {64}}, reuse_kernel<Sync::None>, out),
                   "RACE write after read of shared 'value'", line, "thread 0 (warp 0");
    EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, reuse_kernel<Sync::Block>, out)));
}

JSNORM_KERNEL(1, 1) same_place_kernel(global<int> out, int step) {
    NEXT_LINE_IS(line);
    store(out, step * static_cast<int>(blockIdx.x));
}

TEST_F(Races, BlocksThatWriteDifferentValuesToOnePlaceAreReportedAndEqualOnesAreNot) {
    Array<int> out(1, "out");
    EXPECT_REPORTS(simt::launch({{2}, {1}}, same_place_kernel, out, 1),
                   "RACE write after write of global 'out' offset 0", line,
                   "block 1 thread 0 (warp 0 lane 0)", "by block 0 thread 0");
    EXPECT_TRUE(is_clean(simt::launch({{2}, {1}}, same_place_kernel, out, 0)));
}

// Every block reads what the next one wrote.
template <bool synced>
JSNORM_KERNEL(32, 1)
grid_kernel(global<int> values, global<int> out) {
    if (threadIdx.x == 0) store(values + blockIdx.x, static_cast<int>(blockIdx.x));
    if (synced) grid_sync();
    NEXT_LINE_IS(line);
    if (threadIdx.x == 1) store(out + blockIdx.x, load(values + (blockIdx.x + 1) % gridDim.x));
}

TEST_F(Races, MissingGridBarrierIsReported) {
    Array<int> values(4, "values"), out(4);
    const simt::LaunchConfig cooperative{{4}, {32}, 0, true};
    const auto report = simt::launch(cooperative, grid_kernel<false>, values, out);
    EXPECT_TRUE(reports(report, {"UNINITIALISED read of global 'values'", line, "thread 1 "}));
    EXPECT_TRUE(reports(
        report, {"RACE read after write of global 'values' offset 0", line, "block 3 thread 1 "}));
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        EXPECT_TRUE(is_clean(simt::launch(cooperative, grid_kernel<true>, values, out)));
        EXPECT_EQ(out.values(), (std::vector<int>{1, 2, 3, 0}));
    }
}

TEST_F(Races, GridBarrierNeedsACooperativeLaunch) {
    Array<int> values(4), out(4);
    EXPECT_REPORTS(simt::launch({{4}, {32}}, grid_kernel<true>, values, out), "INVALID grid_sync",
                   "races_test.cpp:");
}

JSNORM_KERNEL(64, 1) wide_then_narrow_kernel(global<float> values) {
    NEXT_LINE_IS(other_line);
    if (threadIdx.x == 0) store_vec<4>(values, Vec<float, 4>{});
    __syncwarp();
    NEXT_LINE_IS(line);
    if (threadIdx.x == 40) store(values + 2, 1.0f);
}

TEST_F(Races, NarrowAccessesMeetEarlierWideOnes) {
    Array<float> values(4, "values");
    EXPECT_REPORTS(simt::launch({{1}, {64}}, wide_then_narrow_kernel, values),
                   "RACE write after write of global 'values' offset 8", line, "thread 40 ",
                   "written at " + other_line + " by block 0 thread 0");
}

JSNORM_KERNEL(32, 1) mixed_widths_kernel(global<uint8_t> bytes) {
    store(bytes + threadIdx.x, static_cast<uint8_t>(threadIdx.x));
    __syncwarp();
    if (threadIdx.x < 8) store_vec<4>(bytes + 4 * threadIdx.x, Vec<uint8_t, 4>{{1, 2, 3, 4}});
    NEXT_LINE_IS(line);
    if (threadIdx.x == 9) store(bytes + 31, uint8_t{9});
}

TEST_F(Races, NeighbouringBytesAreApartAndWideAccessesMeetNarrowOnes) {
    Array<uint8_t> bytes(32, "bytes");
    const auto report = simt::launch({{1}, {32}}, mixed_widths_kernel, bytes);
    EXPECT_TRUE(
        reports(report, {"RACE write after write of global 'bytes' offset 31", line, "thread 9 "}));
    EXPECT_EQ(report.error_count, 1u) << all_errors(report);
}

JSNORM_KERNEL(64, 1) many_warp_barriers_kernel(global<int> out) {
    JSNORM_SHARED(int, values, 64);
    const unsigned warp = threadIdx.x / 32 * 32;
    int sum = 0;
    for (int round = 0; round < 1000; round++) {
        values[threadIdx.x] = round;
        __syncwarp();
        sum += values[warp + (threadIdx.x + 1) % 32];
        __syncwarp();
    }
    store(out + threadIdx.x, sum);
}

TEST_F(Races, LongSeriesOfWarpBarriersKeepOrdering) {
    Array<int> out(64);
    EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, many_warp_barriers_kernel, out)));
    EXPECT_EQ(out.values()[63], 999 * 500);
}

}  // namespace
}  // namespace jsnorm::test
