// SPDX-License-Identifier: Apache-2.0
//
// The race rule. An earlier access is ordered before the running thread's if it is by the same
// thread, before a barrier of the same block, by the same warp before a __syncwarp, before the last
// grid_sync, or known by release and acquire. Shuffles order nothing.
#include <algorithm>
#include <bit>
#include <cstring>

#include "src/simt/access.hpp"

namespace simt {
namespace {

bool is_ordered(const Thread &thread, AccessId earlier) {
    if (!earlier) return true;
    const Block &block = *thread.block;
    const uint32_t earlier_block = block_of(earlier);
    if (earlier_block == block.linear) {
        if (epoch_of(earlier) < block.epoch || thread_of(earlier) == thread.linear) return true;
        return thread_of(earlier) / 32 == thread.warp->id &&
               warp_epoch_of(earlier) < thread.ordered_warp_epoch;
    }
    if (machine.cooperative && epoch_of(earlier) < machine.grid_epochs[earlier_block]) return true;
    if (block.knowledge.covers(earlier)) return true;
    return thread.fenced && thread.pending.covers(earlier);
}

std::string place(const Allocation &allocation, size_t offset, Site site) {
    return std::string(allocation.block ? "shared" : "global") + " '" + allocation.name +
           "' offset " + std::to_string(offset) + " at " + to_string(site) + " by " +
           describe(*running);
}

bool is_own(AccessId earlier, AccessId me) {
    return !earlier || same_thread(earlier, me);
}

void note_read(Cell &cell, AccessId me) {
    if (cell.reads[0] == me) return;
    if (!same_thread(cell.reads[0], me)) cell.reads[1] = cell.reads[0];
    cell.reads[0] = me;
}

// The usual cases, in which nothing has to be looked up: a read of what no other thread has
// written, and a write where no other thread has been. Returns whether it was one.
inline bool note_own(Cell &cell, AccessId me, Operation operation, Site site) {
    if (!is_own(cell.write, me)) return false;
    if (operation == Operation::Read) {
        note_read(cell, me);
        return true;
    }
    if (operation == Operation::Atomic || !is_own(cell.reads[0], me) ||
        !is_own(cell.reads[1], me)) {
        return false;
    }
    cell.write = me;
    cell.write_site = site;
    return true;
}

void check_cell(Cell &cell, AccessId me, Operation operation, const Allocation &allocation,
                size_t offset, Site site, bool same_value) {
    const Thread &thread = *running;
    const bool atomic = operation == Operation::Atomic;
    const bool writes = operation != Operation::Read;
    const auto races_with = [&](AccessId earlier) {
        return !(atomic && is_atomic(earlier)) && !is_ordered(thread, earlier);
    };
    if (cell.write && !same_thread(cell.write, me) && races_with(cell.write) &&
        !(writes && same_value)) {
        report_error(std::string("RACE ") + (writes ? "write" : "read") + " after write of " +
                     place(allocation, offset, site) + ", written at " +
                     to_string(cell.write_site) + " by " + describe(cell.write));
        cell.write = 0;
    }
    if (writes) {
        for (const AccessId read : cell.reads) {
            if (!read || same_thread(read, me) || !races_with(read)) continue;
            report_error("RACE write after read of " + place(allocation, offset, site) +
                         ", read by " + describe(read));
            cell.reads[0] = cell.reads[1] = 0;
            break;
        }
        cell.write = me;
        cell.write_site = site;
        if (atomic && !cell.reads[0]) cell.reads[0] = me;
    } else {
        note_read(cell, me);
    }
}

// Before it has waited, a thread may read what the launch before has left alone; by pages, so that
// neighbours of what was written count as written.
void check_overlap(const Page &page, Operation operation, const Allocation &allocation,
                   size_t offset, Site site) {
    const bool writes = operation != Operation::Read;
    if (!writes && !page.written_before) return;
    report_error(std::string("RACE ") + (writes ? "write" : "read") +
                 " before the wait for the launch before, of " + place(allocation, offset, site));
    running->waited = true;  // once
}

// Reports bytes that are read before anyone wrote them, once.
void check_initialised(Allocation &allocation, size_t offset, uint32_t size, Site site) {
    for (uint32_t done = 0; done < size; done += 16) {
        const uint32_t count = std::min<uint32_t>(16, size - done);
        const uint32_t missing =
            ~allocation.initialised.get(offset + done, count) & ((1u << count) - 1);
        if (!missing) continue;
        const auto first = static_cast<size_t>(std::countr_zero(missing));
        report_error("UNINITIALISED read of " + place(allocation, offset + done + first, site));
        allocation.initialised.set(offset + done, count);
    }
}

}  // namespace

void check_order(Allocation &allocation, size_t offset, uint32_t size, uint32_t alignment,
                 Operation operation, Site site, const void *new_value) {
    Thread &thread = *running;
    thread.catch_up();
    if (operation != Operation::Write) check_initialised(allocation, offset, size, site);
    if (operation != Operation::Read)
        for (uint32_t done = 0; done < size; done += 16)
            allocation.initialised.set(offset + done, std::min<uint32_t>(16, size - done));

    const AccessId me = make_access_id(thread.block->linear, thread.linear, thread.block->epoch,
                                       thread.warp_epoch, operation == Operation::Atomic);
    const uint64_t generation = allocation.block ? allocation.generation : machine.generation;
    // The largest power of two that divides the size, the alignment and 16.
    const auto shift = static_cast<uint32_t>(std::countr_zero(size | alignment | 16u));
    const size_t end = offset + size;
    for (size_t at = offset; at < end;) {
        Page &page = allocation.pages.page(at, generation);
        if (!thread.waited && !allocation.block)
            check_overlap(page, operation, allocation, at, site);
        if (page.cells.empty() || shift < page.shift) page.refine(shift);
        const size_t page_end = std::min(end, (at / kPageBytes + 1) * kPageBytes);
        for (; at < page_end; at = (at >> page.shift << page.shift) + (size_t{1} << page.shift)) {
            Cell &cell = page.cells[at % kPageBytes >> page.shift];
            if (note_own(cell, me, operation, site)) continue;
            const size_t bytes = std::min(end - at, size_t{1} << page.shift);
            const bool same_value =
                new_value && cell.write && !same_thread(cell.write, me) &&
                std::memcmp(allocation.base + at,
                            static_cast<const char *>(new_value) + (at - offset), bytes) == 0;
            check_cell(cell, me, operation, allocation, at, site, same_value);
        }
    }
}

}  // namespace simt
