// SPDX-License-Identifier: Apache-2.0
//
// Accesses outside of allocations, misaligned ones, and reads of what nobody wrote.

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Bounds = SimtTest;
using Uninitialised = SimtTest;

std::string line;

JSNORM_KERNEL(64, 1) copy_kernel(global<const float> x, global<float> y, int64_t shift) {
    const int64_t i = static_cast<int64_t>(threadIdx.x) + shift;
    NEXT_LINE_IS(line);
    const float value = load(x + i);
    store(y + threadIdx.x, value);
}

TEST_F(Bounds, ReadsPastEitherEndAreReported) {
    Array<float> x(std::vector<float>(64), "x"), y(64, "y");
    EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, copy_kernel, x, y, 0)));
    EXPECT_TRUE(
        reports(simt::launch({{1}, {64}}, copy_kernel, x, y, 5),
                {"OUT OF BOUNDS read of 4 bytes", line, "block 0 thread 59 (warp 1 lane 27)",
                 "offset 256 of 256 bytes of global 'x'"}));
    EXPECT_REPORTS(simt::launch({{1}, {64}}, copy_kernel, x, y, -1), "OUT OF BOUNDS read", line,
                   "thread 0 (", "offset -4 of 256 bytes");
}

TEST_F(Bounds, PointersKeepTheirAllocationHoweverFarTheyGo) {
    Array<float> x(std::vector<float>(64), "x"), y(std::vector<float>(64), "y");
    // It lands inside y, but came from x.
    EXPECT_REPORTS(simt::launch({{1}, {1}}, copy_kernel, x, y, y.data() - x.data()),
                   "OUT OF BOUNDS read", "global 'x'");
}

TEST_F(Bounds, WritesOutOfBoundsAreReportedAndDoNotHappen) {
    Array<float> x(std::vector<float>(64, 7.0f), "x"), y(std::vector<float>(64), "y");
    const global<float> end = global<float>(y.data()) + 64;
    EXPECT_REPORTS(simt::launch({{1}, {1}}, copy_kernel, x, end, 0),
                   "OUT OF BOUNDS write of 4 bytes at bounds_test.cpp:", "thread 0",
                   "offset 256 of 256 bytes of global 'y'");
}

TEST_F(Bounds, NullAndHostPointersAreReported) {
    Array<float> y(64);
    std::vector<float> host(64);
    EXPECT_REPORTS(simt::launch({{1}, {1}}, copy_kernel, nullptr, y, 0), "OUT OF BOUNDS", line,
                   "null, or not a pointer to device memory");
    EXPECT_REPORTS(simt::launch({{1}, {1}}, copy_kernel, host.data(), y, 0), "OUT OF BOUNDS",
                   "null, or not a pointer to device memory");
}

TEST_F(Bounds, ReleasedMemoryIsReported) {
    Array<float> y(64);
    void *const x = simt::allocate(256, "x");
    simt::fill(x, 0, 256);
    const global<const float> pointer = static_cast<const float *>(x);
    simt::release(x);
    EXPECT_REPORTS(simt::launch({{1}, {1}}, copy_kernel, pointer, y, 0), "OUT OF BOUNDS",
                   "global 'x'", "released");
    EXPECT_FALSE(simt::owns(x));
}

TEST_F(Bounds, ForbiddenRangesAreReportedUntilTheyArePermitted) {
    Array<float> x(std::vector<float>(64), "x"), y(64, "y");
    simt::forbid(x.data() + 10, 4);
    simt::forbid(y.data() + 20, 8);
    EXPECT_REPORTS(simt::launch({{1}, {64}}, copy_kernel, x, y, 0), "OUT OF BOUNDS read", line,
                   "thread 10 ", "forbidden");
    simt::permit(x.data() + 10, 4);
    EXPECT_REPORTS(simt::launch({{1}, {64}}, copy_kernel, x, y, 0), "OUT OF BOUNDS write",
                   "thread 20 ", "forbidden");
    simt::permit(y.data() + 20, 8);
    EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, copy_kernel, x, y, 0)));
}

JSNORM_KERNEL(32, 1) shared_kernel(global<int> out, int index) {
    JSNORM_SHARED(int, first, 8);
    JSNORM_SHARED(int, second, 8);
    JSNORM_DYNAMIC_SHARED(int, dynamic);
    if (threadIdx.x < 8) {
        first[threadIdx.x] = 1;
        second[threadIdx.x] = 2;
        dynamic[threadIdx.x] = 3;
    }
    __syncthreads();
    if (threadIdx.x != 5) return;
    NEXT_LINE_IS(line);
    const int value = first[index];
    store(out, value);
}

TEST_F(Bounds, IndexPastOneSharedArrayIsReportedWhereverItLands) {
    Array<int> out(1);
    const simt::LaunchConfig launch{{1}, {32}, 32};
    EXPECT_TRUE(is_clean(simt::launch(launch, shared_kernel, out, 7)));
    for (int index : {8, 32, 40, 64, 96, -1, -32}) {
        const auto report = simt::launch(launch, shared_kernel, out, index);
        EXPECT_TRUE(reports(report, {"OUT OF BOUNDS read", line, "thread 5 (warp 0 lane 5)",
                                     "of 32 bytes of shared 'first'",
                                     "offset " + std::to_string(4 * index) + " "}));
    }
}

TEST_F(Bounds, DynamicSharedMemoryIsAsLargeAsTheLaunchSays) {
    Array<int> out(1);
    EXPECT_TRUE(
        reports(simt::launch({{1}, {32}, 28}, shared_kernel, out, 0),
                {"OUT OF BOUNDS write", "offset 28 of 28 bytes of shared 'dynamic'", "thread 7 "}));
}

template <int V>
JSNORM_KERNEL(1, 1)
vector_kernel(global<const float> x, global<float> y) {
    NEXT_LINE_IS(line);
    const Vec<float, V> value = load_vec<V>(x);
    store(y, value.v[V - 1]);
}

TEST_F(Bounds, MisalignedVectorsAreReported) {
    Array<float> x(std::vector<float>(64), "x"), y(1);
    const global<const float> begin = x;
    EXPECT_TRUE(is_clean(simt::launch({{1}, {1}}, vector_kernel<4>, begin + 4, y)));
    EXPECT_REPORTS(simt::launch({{1}, {1}}, vector_kernel<4>, begin + 2, y),
                   "MISALIGNED read of 16 bytes", line, "thread 0", "offset 8 of 'x'");
    EXPECT_TRUE(is_clean(simt::launch({{1}, {1}}, vector_kernel<2>, begin + 2, y)));
    EXPECT_REPORTS(simt::launch({{1}, {1}}, vector_kernel<2>, begin + 3, y),
                   "MISALIGNED read of 8 bytes");
    EXPECT_REPORTS(simt::launch({{1}, {1}}, vector_kernel<4>, begin + 64, y),
                   "OUT OF BOUNDS read of 16 bytes");
}

TEST_F(Uninitialised, GlobalMemoryIsReportedUntilSomeoneWritesIt) {
    Array<float> x(64, "x"), y(64, "y"), z(64, "z");
    auto report = simt::launch({{1}, {64}}, copy_kernel, x, y, 0);
    EXPECT_EQ(report.error_count, 64u);
    EXPECT_EQ(report.errors.size(), simt::config().max_reports);
    simt::forget(x.data(), 256);
    simt::fill(x.data(), 0, 64 * 4 - 4);
    report = simt::launch({{1}, {64}}, copy_kernel, x, y, 0);
    EXPECT_TRUE(reports(report, {"UNINITIALISED read of global 'x' offset 252", line,
                                 "thread 63 (warp 1 lane 31)"}));
    EXPECT_EQ(report.error_count, 1u);
    // What a kernel wrote stays initialised for the next.
    EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, copy_kernel, y, z, 0)));
    simt::forget(y.data() + 3, 4);
    EXPECT_REPORTS(simt::launch({{1}, {64}}, copy_kernel, y, z, 0),
                   "UNINITIALISED read of global 'y' offset 12", "thread 3 ");
}

JSNORM_KERNEL(32, 1) shared_left_over_kernel(global<int> out, bool write) {
    JSNORM_SHARED(int, values, 32);
    if (write) values[threadIdx.x] = 1;
    NEXT_LINE_IS(line);
    store(out + threadIdx.x, int(values[threadIdx.x]));
}

TEST_F(Uninitialised, SharedMemoryOfAnEarlierBlockDoesNotCount) {
    Array<int> out(32);
    EXPECT_TRUE(is_clean(simt::launch({{2}, {32}}, shared_left_over_kernel, out, true)));
    const auto report = simt::launch({{1}, {32}}, shared_left_over_kernel, out, false);
    EXPECT_EQ(report.error_count, 32u);
    EXPECT_TRUE(reports(report, {"UNINITIALISED read of shared 'values' offset 0", line,
                                 "block 0 thread 0 (warp 0 lane 0)"}));
}

JSNORM_KERNEL(1, 1) count_kernel(global<uint32_t> counter) {
    NEXT_LINE_IS(line);
    ticket_acq_rel(counter);
}

TEST_F(Uninitialised, AtomicsReadWhatTheyChange) {
    Array<uint32_t> counter(1, "counter");
    EXPECT_REPORTS(simt::launch({{1}, {1}}, count_kernel, counter),
                   "UNINITIALISED read of global 'counter' offset 0", line);
}

}  // namespace
}  // namespace jsnorm::test
