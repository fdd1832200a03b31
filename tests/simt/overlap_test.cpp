// SPDX-License-Identifier: Apache-2.0
//
// Launches that may begin before the launch before them has ended.

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Overlap = SimtTest;

std::string line;

JSNORM_KERNEL(32, 1) write_kernel(global<int> out) {
    store(out + threadIdx.x, 7);
}

enum class Waits { kFirst, kLate, kNever };

// Reads `before` and writes; waits at the beginning, after the read, or not at all.
template <Waits kWaits>
JSNORM_KERNEL(32, 1)
read_kernel(global<const int> before, global<int> out) {
    if (kWaits == Waits::kFirst) wait_for_previous_kernel();
    NEXT_LINE_IS(line);
    const int value = load(before + threadIdx.x);
    if (kWaits == Waits::kLate) wait_for_previous_kernel();
    store(out + threadIdx.x, value);
}

simt::LaunchConfig overlapping() {
    simt::LaunchConfig config{{1}, {32}};
    config.overlaps = true;
    return config;
}

TEST_F(Overlap, ReadingWhatTheLaunchBeforeWroteNeedsAWait) {
    Array<int> written(32), out(32);
    simt::launch({{1}, {32}}, write_kernel, written);
    EXPECT_REPORTS(simt::launch(overlapping(), read_kernel<Waits::kLate>, written, out),
                   "RACE read before the wait for the launch before", line);
    simt::launch({{1}, {32}}, write_kernel, written);
    EXPECT_TRUE(is_clean(simt::launch(overlapping(), read_kernel<Waits::kFirst>, written, out)));
    simt::launch({{1}, {32}}, write_kernel, written);
    EXPECT_TRUE(is_clean(simt::launch({{1}, {32}}, read_kernel<Waits::kLate>, written, out)));
}

TEST_F(Overlap, WhatALaunchBeforeThatWroteMayBeReadEarly) {
    Array<int> written(32), other(32), out(32);
    simt::launch({{1}, {32}}, write_kernel, written);
    simt::launch(overlapping(), read_kernel<Waits::kFirst>, written, other);
    EXPECT_TRUE(is_clean(simt::launch(overlapping(), read_kernel<Waits::kLate>, written, out)));
}

TEST_F(Overlap, WritingNeedsAWait) {
    Array<int> written(32), out(32);
    simt::launch({{1}, {32}}, write_kernel, written);
    simt::launch({{1}, {32}}, read_kernel<Waits::kFirst>, written, out);
    EXPECT_REPORTS(simt::launch(overlapping(), read_kernel<Waits::kNever>, written, out),
                   "RACE write before the wait for the launch before");
}

}  // namespace
}  // namespace jsnorm::test
