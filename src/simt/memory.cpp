// SPDX-License-Identifier: Apache-2.0
#include "src/simt/memory.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "src/simt/report.hpp"

namespace simt {
namespace {

constexpr size_t kAlignment = 256;
constexpr size_t kMapped = size_t{1} << 20;  // from this size on by mmap, else from the heap
constexpr int kPattern = 0xcb;               // what uninitialised bytes of small allocations hold

// Never destroyed: pointers of kernels may outlive what they point to, and must still be told from
// valid ones.
struct Registry {
    std::mutex mutex;
    std::map<uintptr_t, Allocation *> live;
    std::vector<Allocation *> all;
};

Registry &registry() {
    static auto *const instance = new Registry;
    return *instance;
}

// Past the end there is at least a byte that belongs to nobody, so that an end is told from the
// next beginning.
size_t padded(size_t bytes) {
    return (bytes / kAlignment + 1) * kAlignment;
}

char *take_memory(size_t bytes) {
    void *memory = nullptr;
    if (bytes < kMapped) {
        memory = std::aligned_alloc(kAlignment, padded(bytes));
        if (memory) std::memset(memory, kPattern, padded(bytes));
    } else {
        memory = mmap(nullptr, padded(bytes), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) memory = nullptr;
    }
    if (!memory) {
        std::perror("device memory of the executor");
        std::abort();
    }
    return static_cast<char *>(memory);
}

void give_memory(char *memory, size_t bytes) {
    if (bytes < kMapped)
        std::free(memory);
    else
        munmap(memory, padded(bytes));
}

struct Range {
    Allocation *allocation = nullptr;  // null: not in one
    size_t offset = 0;
};

Range find_range(const char *call, const void *device, size_t bytes) {
    Allocation *allocation = find_allocation(device);
    if (!allocation) {
        if (bytes) add_error(std::string("HOST ") + call + ": not a pointer to device memory");
        return {};
    }
    const size_t offset = static_cast<size_t>(static_cast<const char *>(device) - allocation->base);
    if (bytes > allocation->bytes - offset) {
        add_error(std::string("HOST ") + call + ": " + std::to_string(bytes) + " bytes at offset " +
                  std::to_string(offset) + " of the " + std::to_string(allocation->bytes) +
                  " bytes of global '" + allocation->name + "'");
        return {};
    }
    return {allocation, offset};
}

}  // namespace

void *allocate(size_t bytes, const char *name) {
    auto *const allocation = new Allocation;
    allocation->name = name;
    allocation->base = take_memory(bytes);
    allocation->bytes = bytes;
    allocation->initialised = BitMap(bytes);
    allocation->pages = PageTable(bytes);
    const std::lock_guard lock(registry().mutex);
    registry().live[reinterpret_cast<uintptr_t>(allocation->base)] = allocation;
    registry().all.push_back(allocation);
    return allocation->base;
}

void release(void *device) {
    if (!device) return;
    Allocation *allocation = nullptr;
    {
        const std::lock_guard lock(registry().mutex);
        const auto entry = registry().live.find(reinterpret_cast<uintptr_t>(device));
        if (entry != registry().live.end()) {
            allocation = entry->second;
            registry().live.erase(entry);
        }
    }
    if (!allocation) {
        add_error("HOST release: not the beginning of an allocation");
        return;
    }
    give_memory(allocation->base, allocation->bytes);
    allocation->bytes = 0;
    allocation->released = true;
    allocation->initialised = BitMap();
    allocation->forbidden.reset();
    allocation->pages = PageTable();
}

void upload(void *device, const void *host, size_t bytes) {
    const Range range = find_range("upload", device, bytes);
    if (!range.allocation || !bytes) return;
    std::memcpy(device, host, bytes);
    range.allocation->initialised.assign(range.offset, bytes, true);
}

void download(void *host, const void *device, size_t bytes) {
    const Range range = find_range("download", device, bytes);
    if (range.allocation && bytes) std::memcpy(host, device, bytes);
}

void fill(void *device, int byte, size_t bytes) {
    const Range range = find_range("fill", device, bytes);
    if (!range.allocation || !bytes) return;
    std::memset(device, byte, bytes);
    range.allocation->initialised.assign(range.offset, bytes, true);
}

void forget(void *device, size_t bytes) {
    const Range range = find_range("forget", device, bytes);
    if (range.allocation) range.allocation->initialised.assign(range.offset, bytes, false);
}

void forbid(void *device, size_t bytes) {
    const Range range = find_range("forbid", device, bytes);
    if (!range.allocation) return;
    if (!range.allocation->forbidden)
        range.allocation->forbidden = std::make_unique<BitMap>(range.allocation->bytes);
    range.allocation->forbidden->assign(range.offset, bytes, true);
}

void permit(void *device, size_t bytes) {
    const Range range = find_range("permit", device, bytes);
    if (range.allocation && range.allocation->forbidden)
        range.allocation->forbidden->assign(range.offset, bytes, false);
}

Allocation *find_allocation(const void *pointer) {
    const auto address = reinterpret_cast<uintptr_t>(pointer);
    const std::lock_guard lock(registry().mutex);
    auto entry = registry().live.upper_bound(address);
    if (entry == registry().live.begin()) return nullptr;
    --entry;
    return address - entry->first <= entry->second->bytes ? entry->second : nullptr;
}

bool owns(const void *pointer) {
    return find_allocation(pointer) != nullptr;
}

}  // namespace simt
