// SPDX-License-Identifier: Apache-2.0
//
// Order between blocks, and between threads without a barrier, by tickets, fences and flags.

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Releases = SimtTest;

std::string line;

// The last block to draw a ticket sums what the others left. `ordered`: by release and acquire.
template <bool ordered>
JSNORM_KERNEL(64, 1)
last_block_kernel(global<int> parts, global<uint32_t> ticket, global<int> sum) {
    JSNORM_SHARED(unsigned, drawn, 1);
    if (threadIdx.x == 0) {
        store(parts + blockIdx.x, static_cast<int>(blockIdx.x));
        if (ordered)
            drawn[0] = ticket_acq_rel(ticket);
        else
            drawn[0] = simt::atomic(
                ticket, [](uint32_t old) { return old + 1; }, false, simt::Site::here());
    }
    __syncthreads();
    if (drawn[0] != gridDim.x - 1) return;
    if (threadIdx.x != 40) return;
    int all = 0;
    NEXT_LINE_IS(line);
    for (unsigned i = 0; i < gridDim.x; i++) all += load(parts + i);
    store(sum, all);
}

TEST_F(Releases, TicketWithoutReleaseAndAcquireIsReportedThoughTheSumIsRight) {
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        Array<int> parts(50, "parts"), sum(1);
        Array<uint32_t> ticket(1);
        ticket.clear();
        EXPECT_REPORTS(simt::launch({{50}, {64}}, last_block_kernel<false>, parts, ticket, sum),
                       "RACE read after write of global 'parts'", line, "thread 40 (warp 1");
        EXPECT_EQ(sum.values()[0], 49 * 25);
        ticket.clear();
        EXPECT_TRUE(
            is_clean(simt::launch({{50}, {64}}, last_block_kernel<true>, parts, ticket, sum)));
        EXPECT_EQ(sum.values()[0], 49 * 25);
    }
}

// Other threads' part of a block is released by a ticket only if a barrier has joined them.
template <bool joined>
JSNORM_KERNEL(64, 1)
late_join_kernel(global<int> parts, global<uint32_t> ticket, global<int> out) {
    JSNORM_SHARED(unsigned, drawn, 1);
    if (threadIdx.x == 33) store(parts + blockIdx.x, 1);
    if (joined) __syncthreads();
    if (threadIdx.x == 0) drawn[0] = ticket_acq_rel(ticket);
    __syncthreads();
    if (drawn[0] != gridDim.x - 1 || threadIdx.x != 0) return;
    NEXT_LINE_IS(line);
    for (unsigned i = 0; i < gridDim.x; i++) store(out + i, load(parts + i));
}

TEST_F(Releases, TicketBeforeTheBlockHasJoinedIsReported) {
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        Array<int> parts(4, "parts"), out(4);
        Array<uint32_t> ticket(1);
        ticket.clear();
        EXPECT_TRUE(
            is_clean(simt::launch({{4}, {64}}, late_join_kernel<true>, parts, ticket, out)));
        ticket.clear();
        EXPECT_REPORTS(simt::launch({{4}, {64}}, late_join_kernel<false>, parts, ticket, out),
                       "RACE read after write of global 'parts'", line, "thread 33");
    }
}

enum class Flag { Right, NoRelease, NoAcquire, TooEarly };

// Relaxed atomics between fences order what the fences cover.
template <Flag flag_is>
JSNORM_KERNEL(32, 1)
flag_kernel(global<int> data, global<uint32_t> flag, global<int> out) {
    if (threadIdx.x != 0) return;
    if (blockIdx.x == 1) {
        if (flag_is != Flag::TooEarly) store(data, 42);
        if (flag_is != Flag::NoRelease) __threadfence();
        atomic_or(flag, 1);
        if (flag_is == Flag::TooEarly) store(data, 42);
    } else {
        while (atomic_or(flag, 0) == 0) __nanosleep(20);
        if (flag_is != Flag::NoAcquire) __threadfence();
        NEXT_LINE_IS(line);
        store(out, load(data));
    }
}

template <Flag flag_is>
simt::Report raise_flag() {
    Array<int> data(1, "data"), out(1);
    Array<uint32_t> flag(1);
    flag.clear();
    const auto report = simt::launch({{2}, {32}, 0, true}, flag_kernel<flag_is>, data, flag, out);
    if (flag_is == Flag::Right) {
        EXPECT_EQ(out.values()[0], 42);
    }
    return report;
}

TEST_F(Releases, FencesAroundAFlagOrderAndTheirLackIsReported) {
    for (unsigned seed : {0u, 1u, 2u, 5u}) {
        simt::config().seed = seed;
        const std::string race = "RACE read after write of global 'data' offset 0";
        EXPECT_TRUE(is_clean(raise_flag<Flag::Right>()));
        EXPECT_REPORTS(raise_flag<Flag::NoRelease>(), race, line, "block 0 thread 0");
        EXPECT_REPORTS(raise_flag<Flag::NoAcquire>(), race, line, "block 0 thread 0");
        EXPECT_REPORTS(raise_flag<Flag::TooEarly>(), race, line, "block 0 thread 0");
    }
}

JSNORM_DEVICE void wait_for_ticket(global<uint32_t> ticket, unsigned count) {
    while (atomic_or(ticket, 0) < count) __nanosleep(20);
    __threadfence();
}

// Block 2 hears from block 1 what block 1 heard from block 0, in every round.
JSNORM_KERNEL(64, 1) relay_kernel(global<int> data, global<uint32_t> tickets, global<int> out) {
    const unsigned previous = (blockIdx.x + 2) % 3;
    for (unsigned round = 0; round < 3; round++) {
        const unsigned place = 64 * round + threadIdx.x;
        if (threadIdx.x == 0) wait_for_ticket(tickets + previous, round + (blockIdx.x > 0));
        __syncthreads();
        if (blockIdx.x == 0) store(data + place, static_cast<int>(round));
        if (blockIdx.x == 2) store(out + place, load(data + (64 * round + 63 - threadIdx.x)));
        __syncthreads();
        if (threadIdx.x == 0) ticket_acq_rel(tickets + blockIdx.x);
    }
}

TEST_F(Releases, KnowledgeIsPassedOnAndGrows) {
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        Array<int> data(192, "data"), out(192);
        Array<uint32_t> tickets(3);
        tickets.clear();
        EXPECT_TRUE(is_clean(simt::launch({{3}, {64}, 0, true}, relay_kernel, data, tickets, out)));
        EXPECT_EQ(out.values()[191], 2);
    }
}

// As above, by one thread of each block, without barriers.
JSNORM_KERNEL(1, 1) chain_kernel(global<int> data, global<uint32_t> tickets, global<int> out) {
    if (blockIdx.x > 0) wait_for_ticket(tickets + (blockIdx.x - 1), 1);
    if (blockIdx.x == 0) store(data, 42);
    if (blockIdx.x == 3) store(out, load(data));
    if (blockIdx.x == 1) {
        __threadfence();
        atomic_or(tickets + 1, 1);
    } else {
        ticket_acq_rel(tickets + blockIdx.x);
    }
}

TEST_F(Releases, KnowledgeIsPassedOnByThreadsWithoutBarriers) {
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        Array<int> data(1, "data"), out(1);
        Array<uint32_t> tickets(4);
        tickets.clear();
        EXPECT_TRUE(is_clean(simt::launch({{4}, {1}, 0, true}, chain_kernel, data, tickets, out)));
        EXPECT_EQ(out.values()[0], 42);
    }
}

JSNORM_KERNEL(32, 1) release_in_a_warp_kernel(global<int> data, global<uint32_t> ticket) {
    if (threadIdx.x == 0) store(data, 1);
    if (threadIdx.x == 1) ticket_acq_rel(ticket);
    NEXT_LINE_IS(line);
    if (threadIdx.x == 1) store(data, 2);
}

TEST_F(Releases, ReleaseDoesNotOrderOtherLanes) {
    Array<int> data(1, "data");
    Array<uint32_t> ticket(1);
    ticket.clear();
    EXPECT_REPORTS(simt::launch({{1}, {32}}, release_in_a_warp_kernel, data, ticket),
                   "RACE write after write of global 'data'", line, "thread 1 ");
}

}  // namespace
}  // namespace jsnorm::test
