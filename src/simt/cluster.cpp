// SPDX-License-Identifier: Apache-2.0
#include "src/simt/cluster.hpp"

#include <cstring>
#include <utility>

#include "src/simt/collectives.hpp"
#include "src/simt/schedule.hpp"

namespace simt {
namespace {

std::string at(Site site) {
    return " at " + to_string(site) + " by " + describe(*running);
}

// The blocks of the running block's cluster are neighbours among the resident ones.
uint32_t first_of_cluster() {
    const uint32_t position = running->block->position;
    return position - position % machine.cluster;
}

MbarrierState &find_mbarrier(shared<Mbarrier> barrier, Site site) {
    check_bounds(barrier.allocation(), barrier.raw(), sizeof(Mbarrier), "use of an mbarrier", site);
    for (MbarrierState &state : running->block->mbarriers)
        if (state.address == barrier.raw()) return state;
    fail("UNINITIALISED mbarrier" + at(site));
}

void complete(MbarrierState &state, Site site) {
    for (const BulkCopy &copy : state.copies) {
        std::memcpy(copy.destination->base + copy.offset, copy.source, copy.bytes);
        copy.destination->initialised.assign(copy.offset, copy.bytes, true);
        state.expected_bytes -= copy.bytes;
    }
    state.copies.clear();
    if (state.expected_bytes)
        fail("DEADLOCK: " + std::to_string(state.expected_bytes) +
             " bytes that an mbarrier expects never arrive" + at(site));
    state.phase++;
    state.arrived = 0;
    machine.changes++;
}

}  // namespace

uint32_t cluster_rank() {
    return running->block->position % machine.cluster;
}

Block &block_of_cluster(uint32_t rank, Site site) {
    if (rank >= machine.cluster)
        fail("OUT OF BOUNDS rank " + std::to_string(rank) + " of a cluster of " +
             std::to_string(machine.cluster) + " blocks" + at(site));
    return *machine.blocks[first_of_cluster() + rank];
}

void cluster_barrier(Site site) {
    block_barrier(site);
    Block &block = *running->block;
    const uint32_t first = first_of_cluster();
    Block &leader = *machine.blocks[first];
    const bool last_of_block = ++block.at_group == block.alive;
    if (!last_of_block || ++leader.blocks_at_cluster < machine.cluster) {
        suspend(Waiting::Cluster, site);
        return;
    }
    leader.blocks_at_cluster = 0;
    for (uint32_t i = first; i < first + machine.cluster; i++)
        for (uint32_t j = first; j < first + machine.cluster; j++) {
            const Block &other = *machine.blocks[j];
            if (i != j)
                machine.blocks[i]->knowledge.add({other.linear, 0, time_of(other.epoch + 1, 0), 0});
        }
    for (uint32_t i = first; i < first + machine.cluster; i++) {
        machine.blocks[i]->at_group = 0;
        start_epoch(*machine.blocks[i], site);
    }
}

void mbarrier_init(shared<Mbarrier> barrier, uint32_t count, Site site) {
    check_bounds(barrier.allocation(), barrier.raw(), sizeof(Mbarrier), "mbarrier_init", site);
    MbarrierState fresh;
    fresh.address = barrier.raw();
    fresh.count = count;
    for (MbarrierState &state : running->block->mbarriers)
        if (state.address == fresh.address) {
            state = std::move(fresh);
            return;
        }
    running->block->mbarriers.push_back(std::move(fresh));
}

void mbarrier_arrive_tx(shared<Mbarrier> barrier, uint32_t bytes, Site site) {
    MbarrierState &state = find_mbarrier(barrier, site);
    state.arrived++;
    state.expected_bytes += bytes;
    machine.changes++;
}

void mbarrier_wait(shared<Mbarrier> barrier, uint32_t parity, Site site) {
    for (;;) {
        MbarrierState &state = find_mbarrier(barrier, site);
        if ((state.phase & 1) != parity) return;
        if (state.arrived >= state.count)
            complete(state, site);
        else
            yield(site);
    }
}

void bulk_load(Allocation *destination, void *to, Allocation *source, const void *from,
               uint32_t bytes, shared<Mbarrier> barrier, Site site) {
    check_bounds(source, from, bytes, "bulk read", site);
    check_bounds(destination, to, bytes, "bulk write", site);
    if (bytes % 16 || reinterpret_cast<uintptr_t>(from) % 16 ||
        reinterpret_cast<uintptr_t>(to) % 16)
        fail("MISALIGNED bulk copy" + at(site));
    const auto offset = static_cast<size_t>(static_cast<char *>(to) - destination->base);
    const auto source_offset = static_cast<size_t>(static_cast<const char *>(from) - source->base);
    if (machine.config.races && bytes) {
        check_order(*source, source_offset, bytes, 16, Operation::Read, site, nullptr);
        check_order(*destination, offset, bytes, 16, Operation::Write, site, nullptr);
        destination->initialised.assign(offset, bytes, false);
        // Waiting for the mbarrier orders the copy; that a thread waits is told by its being
        // uninitialised until then.
        for (size_t done = 0; done < bytes;) {
            Page &page = destination->pages.page(offset + done, destination->generation);
            const size_t begin = offset + done;
            page.cells[begin % kPageBytes >> page.shift].write = 0;
            done += size_t{1} << page.shift;
        }
    }
    if (machine.config.traffic && bytes) {
        const uint64_t sectors =
            (source_offset + bytes - 1) / kSectorBytes - source_offset / kSectorBytes + 1;
        GlobalTraffic &loads = machine.report->counters.loads;
        loads.requests++;
        loads.sectors += sectors;
        loads.bytes += bytes;
        count_sectors(*source, source_offset, bytes, false);
    }
    find_mbarrier(barrier, site)
        .copies.push_back({destination, offset, static_cast<const char *>(from), bytes});
}

}  // namespace simt
