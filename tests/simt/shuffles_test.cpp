// SPDX-License-Identifier: Apache-2.0
//
// What the collectives return.

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Shuffles = SimtTest;
using Barriers = SimtTest;

enum Mode { kUp, kDown, kXor, kIndex, kModes };

template <class T>
JSNORM_KERNEL(32, 1)
shuffle_kernel(global<T> out, int operand, int width) {
    const int lane = static_cast<int>(threadIdx.x);
    const T mine = static_cast<T>(lane);
    const unsigned delta = static_cast<unsigned>(operand);
    store(out + (kUp * 32 + lane), __shfl_up_sync(kAllLanes, mine, delta, width));
    store(out + (kDown * 32 + lane), __shfl_down_sync(kAllLanes, mine, delta, width));
    store(out + (kXor * 32 + lane), __shfl_xor_sync(kAllLanes, mine, operand, width));
    store(out + (kIndex * 32 + lane), __shfl_sync(kAllLanes, mine, operand, width));
}

// The pseudocode of shfl.sync in the PTX manual, after CUDA's headers have made its operand c.
int source_by_ptx(int mode, int lane, int b, int width) {
    const int segment_mask = 32 - width;
    const int clamp = mode == kUp ? 0 : 31;
    const int value = b & 31;
    const int last = (lane & segment_mask) | (clamp & ~segment_mask);
    const int first = lane & segment_mask;
    int source = 0;
    bool valid = false;
    switch (mode) {
        case kUp:
            source = lane - value;
            valid = source >= last;
            break;
        case kDown:
            source = lane + value;
            valid = source <= last;
            break;
        case kXor:
            source = lane ^ value;
            valid = source <= last;
            break;
        default:
            source = first | (value & ~segment_mask);
            valid = source <= last;
    }
    return valid ? source : lane;
}

template <class T>
void compare_with_ptx() {
    Array<T> out(kModes * 32);
    for (int width : {1, 2, 4, 8, 16, 32})
        for (int operand = 0; operand <= 33; operand++) {
            ASSERT_TRUE(
                is_clean(simt::launch({{1}, {32}}, shuffle_kernel<T>, out, operand, width)));
            const std::vector<T> got = out.values();
            for (int mode = 0; mode < kModes; mode++)
                for (int lane = 0; lane < 32; lane++)
                    ASSERT_EQ(got[static_cast<size_t>(mode * 32 + lane)],
                              static_cast<T>(source_by_ptx(mode, lane, operand, width)))
                        << "mode " << mode << " lane " << lane << " operand " << operand
                        << " width " << width;
        }
}

TEST_F(Shuffles, AgreeWithTheDefinitionOfPtxForAllWidthsAndOperands) {
    compare_with_ptx<int>();
}
TEST_F(Shuffles, MoveEveryTypeOfFourAndEightBytes) {
    compare_with_ptx<float>();
    compare_with_ptx<double>();
    compare_with_ptx<int64_t>();
}

JSNORM_KERNEL(32, 1) xor_kernel(global<int> out, int lanes) {
    store(out + threadIdx.x, __shfl_xor_sync(kAllLanes, static_cast<int>(threadIdx.x), lanes));
}

TEST_F(Shuffles, DistancesBeyondTheSegmentAreWarnedOfOnRequest) {
    Array<int> out(32);
    EXPECT_TRUE(simt::launch({{1}, {32}}, xor_kernel, out, 32).warnings.empty());
    simt::config().shuffle_range = true;
    const auto report = simt::launch({{1}, {32}}, xor_kernel, out, 32);
    EXPECT_TRUE(is_clean(report));
    ASSERT_EQ(report.warnings.size(), 1u);
    EXPECT_NE(report.warnings[0].find("shuffles_test.cpp:"), std::string::npos);
    EXPECT_NE(report.warnings[0].find("by 32 in segments of 32"), std::string::npos);
    EXPECT_TRUE(simt::launch({{1}, {32}}, xor_kernel, out, 16).warnings.empty());
}

JSNORM_KERNEL(32, 1) halves_kernel(global<int> out) {
    const unsigned mask = threadIdx.x < 16 ? 0x0000ffff : 0xffff0000;
    int sum = static_cast<int>(threadIdx.x);
    for (int distance = 8; distance > 0; distance /= 2) sum += __shfl_xor_sync(mask, sum, distance);
    store(out + threadIdx.x, sum);
}

TEST_F(Shuffles, DisjointMasksAreIndependent) {
    Array<int> out(32);
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        EXPECT_TRUE(is_clean(simt::launch({{1}, {32}}, halves_kernel, out)));
        EXPECT_EQ(out.values()[0], 120);
        EXPECT_EQ(out.values()[31], 376);
    }
}

// By a loop of shuffles and at once: numbers whose sums depend on the order.
JSNORM_KERNEL(32, 1) butterfly_kernel(global<const double> in, global<double> out, int lanes) {
    const int lane = static_cast<int>(threadIdx.x);
    const double mine = load(in + lane);
    double sum = mine;
    double most = mine;
    for (int step = 1; step < lanes; step *= 2) {
        sum += __shfl_xor_sync(kAllLanes, sum, step);
        most = std::fmax(most, __shfl_xor_sync(kAllLanes, most, step));
    }
    store(out + lane, sum);
    store(out + (32 + lane), most);
    store(out + (64 + lane), butterfly_sum(mine, lanes));
    store(out + (96 + lane), butterfly_max(mine, lanes));
}

TEST_F(Shuffles, ButterfliesAreLoopsOfShufflesBitForBit) {
    std::vector<double> values;
    for (int lane = 0; lane < 32; lane++)
        values.push_back(std::ldexp(lane % 3 - 1.0 + lane / 37.0, lane * 7 % 40));
    values[5] = std::numeric_limits<double>::quiet_NaN();
    Array<double> in(values);
    Array<double> out(128);
    for (int lanes = 1; lanes <= 32; lanes *= 2) {
        for (unsigned seed : {0u, 1u, 2u}) {
            simt::config().seed = seed;
            ASSERT_TRUE(is_clean(simt::launch({{1}, {32}}, butterfly_kernel, in, out, lanes)));
            const std::vector<double> got = out.values();
            EXPECT_EQ(std::memcmp(&got[0], &got[64], 64 * sizeof(double)), 0) << lanes;
        }
    }
}

JSNORM_KERNEL(32, 1) unequal_butterfly_kernel(global<double> out) {
    store(out + threadIdx.x, butterfly_sum(1.0, threadIdx.x == 9 ? 16 : 32));
}

TEST_F(Shuffles, ButterfliesOfUnequalStepsAreReported) {
    Array<double> out(32);
    EXPECT_REPORTS(simt::launch({{1}, {32}}, unequal_butterfly_kernel, out),
                   "DIVERGENCE of a butterfly", "for 32 and for 16");
}

JSNORM_KERNEL(128, 1) votes_kernel(global<int> out) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const unsigned ballot = __ballot_sync(kAllLanes, lane % 3 == 0);
    const int any = __any_sync(kAllLanes, lane == 7);
    const int none = __any_sync(kAllLanes, lane == 32);
    const int all = __all_sync(kAllLanes, lane < 32);
    const int most = __all_sync(kAllLanes, lane < 31);
    const int count = __syncthreads_count(threadIdx.x % 3 == 0);
    const int block_any = __syncthreads_or(threadIdx.x == 77);
    const int block_none = __syncthreads_or(threadIdx.x == 200);
    const int block_all = __syncthreads_and(threadIdx.x < 100);
    const int block_most = __syncthreads_and(threadIdx.x < 99);
    if (threadIdx.x != 40) return;
    const int results[] = {static_cast<int>(ballot),
                           any,
                           none,
                           all,
                           most,
                           count,
                           block_any,
                           block_none,
                           block_all,
                           block_most};
    for (int i = 0; i < 10; i++) store(out + i, results[i]);
}

TEST_F(Barriers, VotesOfWarpsAndBlocksAreRight) {
    Array<int> out(10);
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        EXPECT_TRUE(is_clean(simt::launch({{1}, {96}}, votes_kernel, out)));
        EXPECT_EQ(out.values(), (std::vector<int>{0x49249249, 1, 0, 1, 0, 32, 1, 0, 1, 1}));
        EXPECT_TRUE(is_clean(simt::launch({{1}, {128}}, votes_kernel, out)));
        EXPECT_EQ(out.values(), (std::vector<int>{0x49249249, 1, 0, 1, 0, 43, 1, 0, 0, 0}));
    }
}

}  // namespace
}  // namespace jsnorm::test
