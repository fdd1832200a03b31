// SPDX-License-Identifier: Apache-2.0
//
// The host's side of device memory, and what launches leave behind.

#include <thread>

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Memory = SimtTest;
using Launches = SimtTest;
using Stacks = SimtTest;

std::string line;

struct Ends {
    global<uint16_t> x;
    int64_t last;
};

JSNORM_KERNEL(64, 1) ends_kernel(Ends p) {
    const auto value = static_cast<uint16_t>(threadIdx.x + 1);
    store(p.x + threadIdx.x, value);
    store(p.x + (p.last - threadIdx.x), value);
    __syncthreads();
    const unsigned other = 63 - threadIdx.x;
    if (load(p.x + other) != other + 1) store(p.x + other, 0);
    if (load(p.x + (p.last - other)) != other + 1) store(p.x + other, 0);
    NEXT_LINE_IS(line);
    if (threadIdx.x == 3) store(p.x + (p.last + 1), 0);
}

TEST_F(Memory, IsAddressedAtBothEndsBeyondFourBillionElements) {
    const int64_t count = (int64_t{1} << 32) + 1000;
    Array<uint16_t> huge(static_cast<size_t>(count), "huge");
    const auto report = simt::launch({{1}, {64}}, ends_kernel, Ends{huge, count - 1});
    EXPECT_TRUE(reports(report, {"OUT OF BOUNDS write of 2 bytes", line, "thread 3 ",
                                 "offset 8589936592 of 8589936592 bytes of global 'huge'"}));
    EXPECT_EQ(report.error_count, 1u) << all_errors(report);
    uint16_t value = 0;
    simt::download(&value, huge.data() + (count - 64), sizeof(value));
    EXPECT_EQ(value, 64);
    simt::download(&value, huge.data() + 63, sizeof(value));
    EXPECT_EQ(value, 64);
}

TEST_F(Memory, IsAlignedAndKnowsItsOwn) {
    for (size_t bytes : {size_t{0}, size_t{1}, size_t{255}, size_t{256}, size_t{2} << 20}) {
        char *const memory = static_cast<char *>(simt::allocate(bytes, "memory"));
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 256, 0u);
        EXPECT_TRUE(simt::owns(memory));
        EXPECT_TRUE(simt::owns(memory + bytes));
        EXPECT_FALSE(simt::owns(memory + bytes + 1));
        simt::release(memory);
        EXPECT_FALSE(simt::owns(memory));
    }
    int host = 0;
    EXPECT_FALSE(simt::owns(&host));
    EXPECT_FALSE(simt::owns(nullptr));
    simt::release(nullptr);
    EXPECT_TRUE(simt::take_errors().empty());
}

TEST_F(Memory, HostCallsOutOfBoundsAreErrorsWithoutEffect) {
    Array<int> x(std::vector<int>{1, 2, 3, 4}, "x");
    const int host[5] = {9, 9, 9, 9, 9};
    int back[5] = {7, 7, 7, 7, 7};
    simt::upload(x.data(), host, sizeof(host));
    simt::fill(x.data() + 2, 0, 12);
    simt::download(back, x.data(), sizeof(back));
    simt::upload(back, host, 4);
    simt::release(x.data() + 1);
    const std::vector<std::string> errors = simt::take_errors();
    ASSERT_EQ(errors.size(), 5u);
    EXPECT_EQ(errors[0], "HOST upload: 20 bytes at offset 0 of the 16 bytes of global 'x'");
    EXPECT_EQ(errors[1], "HOST fill: 12 bytes at offset 8 of the 16 bytes of global 'x'");
    EXPECT_EQ(errors[3], "HOST upload: not a pointer to device memory");
    EXPECT_EQ(errors[4], "HOST release: not the beginning of an allocation");
    EXPECT_EQ(back[0], 7);
    EXPECT_EQ(x.values(), (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(Memory, PartsAreUploadedFilledAndDownloaded) {
    Array<uint8_t> x(100, "x");
    x.clear();
    const uint8_t host[3] = {1, 2, 3};
    simt::upload(x.data() + 5, host, 3);
    simt::fill(x.data() + 7, 0xab, 2);
    uint8_t back[5];
    simt::download(back, x.data() + 4, 5);
    EXPECT_EQ((std::vector<uint8_t>(back, back + 5)), (std::vector<uint8_t>{0, 1, 2, 0xab, 0xab}));
}

JSNORM_KERNEL(32, 1) store_kernel(global<int> out, int value) {
    NEXT_LINE_IS(line);
    store(out + threadIdx.x, value);
}

TEST_F(Launches, OutOfLimitsAreRefused) {
    Array<int> out(32, "out");
    const simt::LaunchConfig wrong[] = {
        {{1}, {1025}},      {{1}, {32, 33}},       {{1}, {0}},        {{0}, {32}},
        {{1, 65536}, {32}}, {{1, 1, 65536}, {32}}, {{1}, {1, 1, 65}}, {{1}, {32}, 228 << 10},
    };
    for (const simt::LaunchConfig &launch : wrong)
        EXPECT_REPORTS(simt::launch(launch, store_kernel, out, 1), "INVALID LAUNCH");
    EXPECT_EQ(simt::take_errors().size(), std::size(wrong));
}

TEST_F(Launches, ErrorsOfAllAreCollectedWithTheKernelsName) {
    Array<int> out(16, "out");
    simt::LaunchConfig launch{{1}, {32}};
    launch.name = "store_kernel";
    simt::launch(launch, store_kernel, out, 1);
    simt::launch(launch, store_kernel, out, 1);
    const std::vector<std::string> errors = simt::take_errors();
    ASSERT_EQ(errors.size(), 2u);
    EXPECT_EQ(errors[1], "OUT OF BOUNDS write of 4 bytes at " + line +
                             " by block 0 thread 16 (warp 0 lane 16): offset 64 of 64 bytes of "
                             "global 'out' [store_kernel]");
    EXPECT_TRUE(simt::take_errors().empty());
}

JSNORM_KERNEL(32, 1) store_block_kernel(global<int> out) {
    store(out + threadIdx.x, static_cast<int>(blockIdx.x));
}

TEST_F(Launches, RacesAreOfOneLaunchAlone) {
    Array<int> out(32);
    for (int value = 0; value < 4; value++)
        EXPECT_TRUE(is_clean(simt::launch({{1}, {32}}, store_kernel, out, value)));
    EXPECT_FALSE(simt::launch({{2}, {32}}, store_block_kernel, out).ok());
}

TEST_F(Launches, ChecksCanBeLeftOut) {
    simt::config().bounds = simt::config().races = simt::config().traffic = false;
    Array<int> out(32);
    const auto report = simt::launch({{4}, {32}}, store_kernel, out, 5);
    EXPECT_TRUE(is_clean(report));
    EXPECT_EQ(report.counters.accesses, 4u * 32);
    EXPECT_EQ(report.counters.loads.requests + report.counters.stores.requests, 0u);
    EXPECT_EQ(out.values(), std::vector<int>(32, 5));
}

TEST_F(Launches, OfSeveralHostThreadsTakeTurns) {
    std::vector<std::thread> threads;
    std::vector<uint64_t> errors(4);
    for (size_t i = 0; i < 4; i++)
        threads.emplace_back([&errors, i] {
            Array<int> out(32);
            for (int round = 0; round < 50; round++) {
                errors[i] += simt::launch({{2}, {32}}, store_kernel, out, round).error_count;
                errors[i] += out.values()[31] != round;
            }
        });
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(errors, std::vector<uint64_t>(4));
}

// Uses `bytes` of its stack from the top on.
__attribute__((noinline)) int use_stack(size_t bytes) {
    volatile char *const memory = static_cast<volatile char *>(__builtin_alloca(bytes));
    for (size_t i = 0; i < bytes; i += 16) memory[i] = static_cast<char>(i);
    return memory[bytes / 2];
}

JSNORM_KERNEL(32, 1) stack_kernel(global<int> out, size_t bytes) {
    if (threadIdx.x == 31) store(out, use_stack(bytes));
}

TEST_F(Stacks, OverflowIsReportedWithItsThread) {
    Array<int> out(1);
    EXPECT_TRUE(is_clean(simt::launch({{1}, {32}}, stack_kernel, out, simt::kStackBytes / 2)));
    EXPECT_REPORTS(simt::launch({{1}, {32}}, stack_kernel, out, simt::kStackBytes),
                   "STACK OVERFLOW", "block 0 thread 31 (warp 0 lane 31)");
    EXPECT_TRUE(is_clean(simt::launch({{1}, {32}}, stack_kernel, out, simt::kStackBytes / 2)));
}

}  // namespace
}  // namespace jsnorm::test
