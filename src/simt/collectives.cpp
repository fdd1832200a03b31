// SPDX-License-Identifier: Apache-2.0
#include "src/simt/collectives.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "src/simt/schedule.hpp"

namespace simt {
namespace {

std::string hex(uint32_t mask) {
    char text[16];
    std::snprintf(text, sizeof(text), "0x%08x", mask);
    return text;
}

std::string at(Site site) {
    return " at " + to_string(site) + " by " + describe(*running);
}

Rendezvous &find_rendezvous(Warp &warp, uint32_t mask, int operation, Site site) {
    for (uint32_t i = 0; i < warp.rendezvous_count; i++) {
        Rendezvous &open = warp.rendezvous[i];
        if (!(open.mask & mask)) continue;
        if (open.mask != mask || open.operation != operation || !(open.site == site))
            fail("DIVERGENCE of a warp collective" + at(site) + " with mask " + hex(mask) +
                 ", while lanes " + hex(open.arrived) + " wait at " + to_string(open.site) +
                 " with mask " + hex(open.mask));
        return open;
    }
    if (warp.rendezvous_count == std::size(warp.rendezvous))
        fail("LIMIT: too many warp collectives at once" + at(site));
    Rendezvous &fresh = warp.rendezvous[warp.rendezvous_count++];
    fresh = {mask, 0, operation, site};
    return fresh;
}

template <class F>
void for_each_lane(uint32_t mask, F f) {
    for (; mask; mask &= mask - 1) f(static_cast<uint32_t>(std::countr_zero(mask)));
}

// All lanes ask for the same steps, and every partner is there.
void exchange_butterfly(Warp &warp, uint32_t mask, Collective operation, Site site) {
    const int lanes = warp.sources[std::countr_zero(mask)];
    double values[32] = {};
    for_each_lane(mask, [&](uint32_t lane) {
        values[lane] = std::bit_cast<double>(warp.values[lane]);
        if (warp.sources[lane] != lanes)
            fail("DIVERGENCE of a butterfly" + at(site) + ": lanes ask for " +
                 std::to_string(lanes) + " and for " + std::to_string(warp.sources[lane]));
    });
    for (int step = 1; step < lanes; step *= 2) {
        double next[32] = {};
        for_each_lane(mask, [&](uint32_t lane) {
            const uint32_t partner = lane ^ static_cast<uint32_t>(step);
            if (!(mask >> partner & 1))
                fail("DIVERGENCE of a butterfly" + at(site) + ": lane " + std::to_string(lane) +
                     " needs lane " + std::to_string(partner) + ", which is not in mask " +
                     hex(mask));
            next[lane] = operation == Collective::ButterflySum
                             ? values[lane] + values[partner]
                             : std::fmax(values[lane], values[partner]);
        });
        std::copy(std::begin(next), std::end(next), std::begin(values));
    }
    for_each_lane(
        mask, [&](uint32_t lane) { warp.results[lane] = std::bit_cast<uint64_t>(values[lane]); });
}

void exchange(Warp &warp, uint32_t mask, Collective operation, Site site) {
    switch (operation) {
        case Collective::Sync: {
            uint32_t epoch = 0;
            for_each_lane(mask, [&](uint32_t lane) {
                warp.lanes[lane]->catch_up();
                epoch = std::max(epoch, warp.lanes[lane]->warp_epoch);
            });
            if (epoch >= kMostWarpBarriers)
                fail("LIMIT: too many __syncwarp without a barrier" + at(site));
            for_each_lane(mask, [&](uint32_t lane) {
                warp.lanes[lane]->warp_epoch = epoch + 1;
                warp.lanes[lane]->ordered_warp_epoch = epoch + 1;
            });
            break;
        }
        case Collective::Ballot: {
            uint64_t ballot = 0;
            for_each_lane(mask, [&](uint32_t lane) {
                if (warp.values[lane]) ballot |= uint64_t{1} << lane;
            });
            for_each_lane(mask, [&](uint32_t lane) { warp.results[lane] = ballot; });
            break;
        }
        case Collective::ButterflySum:
        case Collective::ButterflyMax:
            exchange_butterfly(warp, mask, operation, site);
            break;
        default:
            for_each_lane(mask, [&](uint32_t lane) {
                const int source = warp.sources[lane];
                warp.results[lane] = warp.values[source];
                if (mask >> source & 1) return;
                report_error("DIVERGENCE of a shuffle" + at(site) + ": lane " +
                             std::to_string(lane) + " reads lane " + std::to_string(source) +
                             ", which is not in mask " + hex(mask));
                warp.results[lane] = 0xdeadbeefdeadbeef;
            });
    }
}

void flush_traffic(Warp &warp) {
    if (machine.config.traffic) warp.traffic.flush(*machine.report);
}

}  // namespace

void start_epoch(Block &block, Site site) {
    if (++block.epoch > kMostBarriers) fail("LIMIT: too many barriers" + at(site));
    for (Warp &warp : block.warps) {
        flush_traffic(warp);
        wake(warp, warp.alive);
    }
}

uint64_t collective(uint32_t mask, Collective operation, uint64_t value, int source, Site site) {
    Thread &thread = *running;
    Warp &warp = *thread.warp;
    const uint32_t lane = thread.lane;
    machine.report->counters.collectives++;
    if (!(mask >> lane & 1))
        fail("DIVERGENCE of a warp collective" + at(site) + ", which is not in its own mask " +
             hex(mask));
    if (machine.config.strict && (mask & ~warp.alive))
        fail("DIVERGENCE of a warp collective" + at(site) + ": lanes " + hex(mask & ~warp.alive) +
             " of mask " + hex(mask) + " do not exist or have exited");
    Rendezvous &open = find_rendezvous(warp, mask, static_cast<int>(operation), site);
    open.arrived |= 1u << lane;
    warp.values[lane] = value;
    warp.sources[lane] = source;
    if (open.arrived != (mask & warp.alive)) {
        suspend(Waiting::Collective, site);
        return warp.results[lane];
    }
    // The last to arrive does the work and goes on at once.
    open = warp.rendezvous[--warp.rendezvous_count];
    exchange(warp, mask & warp.alive, operation, site);
    if (mask == warp.alive) flush_traffic(warp);
    wake(warp, mask & warp.alive);
    return warp.results[lane];
}

int block_barrier(Site site, Vote vote, bool predicate) {
    Block &block = *running->block;
    machine.report->counters.barriers++;
    if (block.at_barrier == 0) {
        block.barrier_site = site;
        block.true_count = 0;
    } else if (!(block.barrier_site == site)) {
        fail("DIVERGENCE of __syncthreads" + at(site) + ", while " +
             std::to_string(block.at_barrier) + " threads wait at " +
             to_string(block.barrier_site));
    }
    block.true_count += predicate;
    if (++block.at_barrier < block.alive) {
        suspend(Waiting::Barrier, site);
        return block.barrier_result;
    }
    if (block.alive != machine.thread_count && machine.config.strict)
        report_error("DIVERGENCE of __syncthreads" + at(site) + ": only " +
                     std::to_string(block.alive) + " of " + std::to_string(machine.thread_count) +
                     " threads arrive, the others have exited");
    switch (vote) {
        case Vote::None:
            break;
        case Vote::Or:
            block.barrier_result = block.true_count > 0;
            break;
        case Vote::And:
            block.barrier_result = block.true_count == static_cast<int>(block.alive);
            break;
        case Vote::Count:
            block.barrier_result = block.true_count;
            break;
    }
    block.at_barrier = 0;
    if (block.has_pending) {
        for (Thread &thread : block.threads) {
            block.knowledge.add(thread.pending);
            thread.pending.clear();
        }
        block.has_pending = false;
    }
    start_epoch(block, site);
    return block.barrier_result;
}

void grid_barrier(Site site) {
    if (!machine.cooperative)
        fail("INVALID grid_sync in a launch that is not cooperative" + at(site));
    block_barrier(site);
    Block &block = *running->block;
    const bool last_of_block = ++block.at_group == block.alive;
    if (!last_of_block || ++machine.blocks_at_grid < machine.resident) {
        suspend(Waiting::Grid, site);
        return;
    }
    machine.blocks_at_grid = 0;
    for (uint32_t i = 0; i < machine.resident; i++) {
        Block &other = *machine.blocks[i];
        other.at_group = 0;
        other.knowledge.clear();
        start_epoch(other, site);
        machine.grid_epochs[other.linear] = other.epoch;
    }
}

void leave(Thread &thread) {
    Block &block = *thread.block;
    Warp &warp = *thread.warp;
    const uint32_t bit = 1u << thread.lane;
    warp.alive &= ~bit;
    block.alive--;
    for (uint32_t i = 0; i < warp.rendezvous_count; i++) {
        const Rendezvous &open = warp.rendezvous[i];
        if (!(open.mask & bit)) continue;
        report_error("DIVERGENCE: " + describe(thread) + " exits while lanes " + hex(open.arrived) +
                     " wait for it in a warp collective at " + to_string(open.site));
        machine.aborted = true;
        return;
    }
    if (!warp.alive) flush_traffic(warp);
    if (block.alive && block.at_barrier == block.alive) {
        report_error("DIVERGENCE: " + describe(thread) + " exits while the other " +
                     std::to_string(block.alive) + " threads wait in __syncthreads at " +
                     to_string(block.barrier_site));
        machine.aborted = true;
    }
}

int shuffle_source(Collective operation, int operand, int width, Site site) {
    const int lane = static_cast<int>(running->lane);
    const int first = lane & ~(width - 1);
    const int last = first + width - 1;
    const int distance = operand & 31;  // the hardware sees five bits
    int source = lane;
    switch (operation) {
        case Collective::Shuffle:
            source = first | (operand & (width - 1));
            break;
        case Collective::ShuffleUp:
            if (lane - distance >= first) source = lane - distance;
            break;
        case Collective::ShuffleDown:
            if (lane + distance <= last) source = lane + distance;
            break;
        default:
            // A lane of an earlier segment may be read, one of a later segment may not.
            if ((lane ^ distance) <= last) source = lane ^ distance;
    }
    if (machine.config.shuffle_range && (operand < 0 || operand >= width))
        report_warning("SHUFFLE at " + to_string(site) + " by " + std::to_string(operand) +
                       " in segments of " + std::to_string(width) + " lanes");
    return source;
}

}  // namespace simt
