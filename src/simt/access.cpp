// SPDX-License-Identifier: Apache-2.0
#include "src/simt/access.hpp"

#include <algorithm>
#include <bit>

namespace simt {
namespace {

const char *verb_of(Operation operation) {
    return operation == Operation::Read    ? "read"
           : operation == Operation::Write ? "write"
                                           : "atomic";
}

bool any_forbidden(const Allocation &allocation, size_t offset, size_t size) {
    if (!allocation.forbidden) return false;
    for (size_t done = 0; done < size; done += 16)
        if (allocation.forbidden->get(offset + done,
                                      static_cast<uint32_t>(std::min<size_t>(16, size - done))))
            return true;
    return false;
}

size_t offset_in(const Allocation &allocation, const void *address) {
    return reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(allocation.base);
}

bool is_inside(const Allocation *allocation, const void *address, size_t size) {
    if (!allocation) return false;
    const size_t offset = offset_in(*allocation, address);  // huge if it is before the base
    return offset <= allocation->bytes && size <= allocation->bytes - offset;
}

[[noreturn]] void fail_bounds(const Allocation *allocation, const void *address, size_t size,
                              const char *verb, Site site) {
    std::string message = std::string("OUT OF BOUNDS ") + verb + " of " + std::to_string(size) +
                          " bytes at " + to_string(site) + " by " + describe(*running);
    if (!allocation) fail(message + ": null, or not a pointer to device memory");
    message += std::string(": offset ") +
               std::to_string(static_cast<int64_t>(offset_in(*allocation, address))) + " of " +
               std::to_string(allocation->bytes) + " bytes of " +
               (allocation->block ? "shared" : "global") + " '" + allocation->name + "'";
    if (allocation->released) message += ", which has been released";
    if (is_inside(allocation, address, size)) message += ", which is forbidden there";
    fail(message);
}

}  // namespace

void check_bounds(const Allocation *allocation, const void *address, size_t size, const char *verb,
                  Site site) {
    if (!is_inside(allocation, address, size) ||
        any_forbidden(*allocation, offset_in(*allocation, address), size))
        fail_bounds(allocation, address, size, verb, site);
}

void count_sectors(Allocation &allocation, size_t offset, size_t size, bool written) {
    Counters &counters = machine.report->counters;
    uint64_t &count = written ? counters.sectors_written : counters.sectors_read;
    const size_t last = (offset + size - 1) / kSectorBytes;
    for (size_t sector = offset / kSectorBytes; sector <= last; sector++) {
        Page &page = allocation.pages.page(sector * kSectorBytes, machine.generation);
        uint16_t &seen = written ? page.sectors_written : page.sectors_read;
        const uint32_t bit = 1u << (sector % (kPageBytes / kSectorBytes));
        if (seen & bit) continue;
        seen = static_cast<uint16_t>(seen | bit);
        count++;
    }
}

void check_access(Allocation *allocation, const void *address, uint32_t size, uint32_t alignment,
                  Operation operation, Site site, const void *new_value) {
    const Config &config = machine.config;
    Counters &counters = machine.report->counters;
    counters.accesses++;
    if (operation == Operation::Atomic) counters.atomics++;
    if (config.bounds) {
        check_bounds(allocation, address, size, verb_of(operation), site);
        if (reinterpret_cast<uintptr_t>(address) % alignment)
            fail(std::string("MISALIGNED ") + verb_of(operation) + " of " + std::to_string(size) +
                 " bytes at " + to_string(site) + " by " + describe(*running) + ": offset " +
                 std::to_string(offset_in(*allocation, address)) + " of '" + allocation->name +
                 "'");
        if (allocation->block && allocation->block != running->block && !allocation->block->alive)
            fail("OUT OF BOUNDS access at " + to_string(site) + " by " + describe(*running) +
                 ": shared '" + allocation->name + "' of block " +
                 std::to_string(allocation->block->linear) + ", which has exited");
    } else if (!is_inside(allocation, address, size)) {
        return;
    }
    const size_t offset = offset_in(*allocation, address);
    if (config.races) check_order(*allocation, offset, size, alignment, operation, site, new_value);
    if (config.traffic) {
        const bool is_shared = allocation->block;
        const bool is_store = operation != Operation::Read;
        running->warp->traffic.record(running->lane, site, {is_shared, is_store},
                                      is_shared ? offset : reinterpret_cast<uintptr_t>(address),
                                      size);
        if (!is_shared) count_sectors(*allocation, offset, size, is_store);
    }
}

}  // namespace simt
