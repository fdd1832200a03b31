// SPDX-License-Identifier: Apache-2.0
#include "src/simt/schedule.hpp"

#include <bit>
#include <map>
#include <numeric>
#include <string>

#include "src/simt/collectives.hpp"

namespace simt {
namespace {

constexpr uint64_t kTurnsWithoutProgress = 64;  // per resident thread
constexpr size_t kStacksAtOnce = 256;

uint32_t next_random() {
    machine.random = machine.random * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(machine.random >> 33);
}

uint32_t pick_bit(uint32_t mask, bool randomly) {
    if (!machine.config.seed) return static_cast<uint32_t>(std::countr_zero(mask));
    if (!randomly) return 31 - static_cast<uint32_t>(std::countl_zero(mask));
    const int rotation = static_cast<int>(next_random() & 31);
    return static_cast<uint32_t>(std::countr_zero(std::rotr(mask, rotation)) + rotation) & 31;
}

Thread *pick_lane(const Warp &warp) {
    // Odd seeds run lanes downwards, even ones at random.
    return warp.lanes[pick_bit(warp.runnable, machine.config.seed % 2 == 0)];
}

Thread *next_runnable(const Warp *warp, const Block *block) {
    if (warp && warp->runnable) return pick_lane(*warp);
    if (block->runnable_warps)
        return pick_lane(block->warps[pick_bit(block->runnable_warps, true)]);
    for (uint32_t k = 0; k < machine.resident; k++) {
        const uint32_t position = (machine.current_block + 1 + k) % machine.resident;
        const Block &other = *machine.blocks[position];
        if (!other.runnable_warps) continue;
        machine.current_block = position;
        return pick_lane(other.warps[pick_bit(other.runnable_warps, true)]);
    }
    return nullptr;
}

void remove_runnable(Thread &thread) {
    Warp &warp = *thread.warp;
    warp.runnable &= ~(1u << thread.lane);
    if (!warp.runnable) thread.block->runnable_warps &= ~(1u << warp.id);
}

// What every fiber runs: one thread after another. A thread that has not started yet runs on the
// stack of the one that has just exited, which is in the cache.
[[noreturn]] void fiber_main() {
    enter_fiber(*running->fiber);
    for (;;) {
        Thread &thread = *running;
        Fiber &self = *thread.fiber;
        try {
            machine.invoke(machine.arguments);
        } catch (const Abort &) {
        }
        if (!stack_is_intact(self)) {
            report_error("STACK OVERFLOW of " + describe(thread) + ": more than " +
                         std::to_string(kStackBytes) + " bytes of local variables");
            machine.aborted = true;
        }
        if (!machine.aborted) {
            machine.exits++;
            remove_runnable(thread);
            leave(thread);
        }
        thread.fiber = nullptr;
        Thread *const next = machine.aborted ? nullptr : next_runnable(thread.warp, thread.block);
        running = next;
        if (next && !next->fiber) {
            next->fiber = &self;
            continue;
        }
        machine.free_fibers.push_back(&self);
        switch_fiber(self, next ? *next->fiber : machine.host);
        // Some thread has been given this fiber to start on.
    }
}

void add_fibers() {
    char *const stacks = make_stacks(kStacksAtOnce);
    for (size_t i = kStacksAtOnce; i-- > 0;) {
        machine.fibers.push_back(std::make_unique<Fiber>());
        Fiber &fiber = *machine.fibers.back();
        fiber.stack = stacks + i * kStackBytes;
        arm(fiber, fiber_main);
        machine.free_fibers.push_back(&fiber);
    }
}

void switch_to(Thread *next) {
    if (next && !next->fiber) {
        if (machine.free_fibers.empty()) add_fibers();
        next->fiber = machine.free_fibers.back();
        machine.free_fibers.pop_back();
    }
    Fiber &from = running ? *running->fiber : machine.host;
    Fiber &to = next ? *next->fiber : machine.host;
    running = next;
    machine.report->counters.switches++;
    switch_fiber(from, to);
}

// Abandoned fibers are in the middle of a kernel; they start again.
void rearm_all_fibers() {
    machine.free_fibers.clear();
    for (auto fiber = machine.fibers.rbegin(); fiber != machine.fibers.rend(); ++fiber) {
        arm(**fiber, fiber_main);
        machine.free_fibers.push_back(fiber->get());
    }
}

const char *place_of(Waiting waiting) {
    switch (waiting) {
        case Waiting::Collective:
            return "a warp collective";
        case Waiting::Barrier:
            return "__syncthreads";
        case Waiting::Grid:
            return "grid_sync";
        case Waiting::Cluster:
            return "cluster_sync";
        case Waiting::Nothing:
            break;
    }
    return "?";
}

// Nobody is runnable: everybody has exited, or some wait for what will never come.
void report_deadlock() {
    struct Waiters {
        size_t count = 0;
        const Thread *first = nullptr;
    };
    std::map<std::string, Waiters> places;
    for (uint32_t i = 0; i < machine.resident; i++)
        for (const Thread &thread : machine.blocks[i]->threads) {
            if (!(thread.warp->alive >> thread.lane & 1)) continue;
            Waiters &waiters =
                places[std::string(place_of(thread.waiting)) + " at " + to_string(thread.where)];
            if (!waiters.count++) waiters.first = &thread;
        }
    if (places.empty()) return;
    std::string message = "DEADLOCK:";
    const char *separator = " ";
    for (const auto &[place, waiters] : places) {
        message.append(separator).append(std::to_string(waiters.count));
        message.append(" threads wait in ").append(place);
        message.append(", first ").append(describe(*waiters.first));
        separator = "; ";
    }
    report_error(std::move(message));
    machine.aborted = true;
}

}  // namespace

void suspend(Waiting waiting, Site site) {
    Thread &thread = *running;
    thread.waiting = waiting;
    thread.where = site;
    remove_runnable(thread);
    Thread *const next = next_runnable(thread.warp, thread.block);
    if (next != &thread) switch_to(next);
}

void wake(Warp &warp, uint32_t lanes) {
    if (!lanes) return;
    warp.runnable |= lanes;
    warp.block->runnable_warps |= 1u << warp.id;
}

// In turn through lanes, warps and blocks, whatever the seed: two threads that poll could otherwise
// keep the one they wait for from running.
void yield(Site site) {
    const Thread &thread = *running;
    const Counters &counters = machine.report->counters;
    const uint64_t progress =
        counters.collectives + counters.barriers + machine.changes + machine.exits;
    if (progress != machine.progress_at_spin) {
        machine.progress_at_spin = progress;
        machine.spins = 0;
    }
    if (++machine.spins > kTurnsWithoutProgress * machine.thread_count * machine.resident)
        fail("DEADLOCK: " + describe(thread) + " and others poll at " + to_string(site) +
             " and nothing changes");

    Thread *next = nullptr;
    const auto above = [](uint32_t mask, uint32_t bit) { return mask & ~((2u << bit) - 1); };
    const auto first_of = [](const Warp &warp) {
        return warp.lanes[std::countr_zero(warp.runnable)];
    };
    const Block &block = *thread.block;
    if (const uint32_t lanes = above(thread.warp->runnable, thread.lane))
        next = thread.warp->lanes[std::countr_zero(lanes)];
    else if (const uint32_t warps = above(block.runnable_warps, thread.warp->id))
        next = first_of(block.warps[static_cast<size_t>(std::countr_zero(warps))]);
    for (uint32_t k = 1; !next && k <= machine.resident; k++) {
        const Block &other = *machine.blocks[(block.position + k) % machine.resident];
        if (other.runnable_warps)
            next =
                first_of(other.warps[static_cast<size_t>(std::countr_zero(other.runnable_warps))]);
    }
    if (next && next != &thread) switch_to(next);
}

uint32_t permuted_block(uint32_t index, uint32_t count) {
    if (!machine.config.seed) return index;
    // Steps that are coprime to the count reach every block.
    uint64_t step = 2654435761u * uint64_t{machine.config.seed} % count;
    while (std::gcd(step, uint64_t{count}) != 1) step++;
    return static_cast<uint32_t>((index * step + machine.config.seed) % count);
}

void run_resident_blocks() {
    machine.current_block = machine.resident - 1;
    Thread *const first = next_runnable(nullptr, machine.blocks[0].get());
    if (first) switch_to(first);
    running = nullptr;
    if (!machine.aborted) report_deadlock();
    if (machine.aborted) rearm_all_fibers();
}

}  // namespace simt
