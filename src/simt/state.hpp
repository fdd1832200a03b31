// SPDX-License-Identifier: Apache-2.0
//
// The state of a launch: threads, warps, blocks and the machine that runs them. One launch runs at
// a time, on the host thread that made it; everything here is kept for the next one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/simt/access_id.hpp"
#include "src/simt/fiber.hpp"
#include "src/simt/memory.hpp"
#include "src/simt/report.hpp"
#include "src/simt/traffic.hpp"

namespace simt {

struct Block;
struct Warp;

enum class Waiting : uint8_t { Nothing, Collective, Barrier, Grid, Cluster };

struct Thread {
    Dim3 index;
    Block *block = nullptr;
    Warp *warp = nullptr;
    uint32_t lane = 0, linear = 0;
    Fiber *fiber = nullptr;              // null until it starts, and when it has exited
    Waiting waiting = Waiting::Nothing;  // since when it last was not runnable
    Site where;
    // Since the block's barrier number `counted_since`:
    uint32_t counted_since = 0;
    uint32_t warp_epoch = 0;          // __syncwarp's and releases
    uint32_t ordered_warp_epoch = 0;  // the warp's accesses of epochs before it are ordered
    bool fenced = false;              // since its last relaxed atomic
    bool waited = true;               // for the launch before, where this one overlaps it
    Knowledge pending;                // acquired; the block's at its next barrier

    void catch_up();  // with the block's barriers, before the epochs of the warp are used
};

// The lanes that have arrived at a collective of the lanes in `mask`.
struct Rendezvous {
    uint32_t mask = 0, arrived = 0;
    int operation = 0;
    Site site;
};

struct Warp {
    Block *block = nullptr;
    uint32_t id = 0;
    uint32_t alive = 0, runnable = 0;  // lanes
    Thread *lanes[32] = {};
    Rendezvous rendezvous[4];  // of disjoint masks
    uint32_t rendezvous_count = 0;
    uint64_t values[32], results[32];
    int sources[32];
    TrafficLog traffic;
};

// A copy from global to shared memory on its way.
struct BulkCopy {
    Allocation *destination;
    size_t offset;
    const char *source;
    uint32_t bytes;
};

struct MbarrierState {
    const void *address;
    uint32_t count = 0, arrived = 0, phase = 0;
    int64_t expected_bytes = 0;
    std::vector<BulkCopy> copies;
};

struct Block {
    uint32_t linear = 0;    // in the grid
    uint32_t position = 0;  // among the resident blocks
    Dim3 index;
    Dim3 shape;  // for which `threads` is set up
    std::vector<Thread> threads;
    std::vector<Warp> warps;
    uint32_t runnable_warps = 0;
    uint32_t alive = 0;  // threads
    uint32_t epoch = 0;  // barriers passed
    // __syncthreads
    uint32_t at_barrier = 0;
    Site barrier_site;
    int true_count = 0, barrier_result = 0;
    // grid_sync and cluster_sync
    uint32_t at_group = 0;
    uint32_t blocks_at_cluster = 0;  // counted in the cluster's first block
    // Shared memory: the arrays declared so far.
    LazyBytes arena;
    size_t arena_used = 0;
    std::vector<std::unique_ptr<Allocation>> arrays;
    size_t array_count = 0;
    Allocation *dynamic_array = nullptr;
    Knowledge knowledge;
    bool has_pending = false;  // some thread's knowledge
    std::vector<MbarrierState> mbarriers;
};

struct Machine {
    Config config;
    Report *report = nullptr;
    const char *kernel = nullptr;  // its name, or null
    Dim3 grid, block;
    uint32_t block_count = 0, thread_count = 0;
    size_t dynamic_shared = 0;
    bool cooperative = false;
    uint32_t cluster = 1;
    bool overlaps = false;
    void (*invoke)(const void *) = nullptr;
    const void *arguments = nullptr;

    std::vector<std::unique_ptr<Block>> blocks;  // the first `resident` are in use
    uint32_t resident = 0;
    uint32_t current_block = 0;  // where the search for other runnable blocks begins

    uint64_t generation = 0;            // of the shadow of global memory
    uint64_t shared_generation = 0;     // and of shared memory; counted apart, upwards
    std::vector<uint32_t> grid_epochs;  // by block: accesses of epochs before it are known to all
    uint32_t blocks_at_grid = 0;
    std::unordered_map<const void *, Knowledge> released;  // by the address of an atomic

    Fiber host;
    std::vector<std::unique_ptr<Fiber>> fibers;
    std::vector<Fiber *> free_fibers;
    bool aborted = false;
    uint64_t random = 1;
    // Progress, for loops that wait.
    uint64_t changes = 0, exits = 0, spins = 0, progress_at_spin = 0;
};

extern Machine machine;
extern Thread *running;  // null outside kernels

inline void Thread::catch_up() {
    if (counted_since == block->epoch) return;
    counted_since = block->epoch;
    warp_epoch = ordered_warp_epoch = 0;
}

std::string describe(const Thread &thread);  // block 0 thread 33 (warp 1 lane 1)
std::string describe(AccessId id);           // block 0 thread 33

void report_error(std::string message);
void report_warning(std::string message);

// Reports, and ends the launch: unwinds the running thread; the others are abandoned.
struct Abort {};
[[noreturn]] void fail(std::string message);

}  // namespace simt
