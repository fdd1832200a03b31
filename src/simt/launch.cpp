// SPDX-License-Identifier: Apache-2.0
#include "src/simt/launch.hpp"

#include <algorithm>
#include <mutex>
#include <string>

#include "src/core/float_environment.hpp"
#include "src/simt/schedule.hpp"
#include "src/simt/shared_memory.hpp"

namespace simt {
namespace {

// CUDA's limits, and those of this executor. Empty if all are kept.
std::string complaint(const LaunchConfig &config) {
    const Dim3 &grid = config.grid;
    const size_t threads = config.block.count();
    if (threads < 1 || threads > 1024 || config.block.z > 64) return "threads in a block";
    if (grid.count() < 1 || grid.y > 65535 || grid.z > 65535) return "blocks in the grid";
    if (grid.count() > kMostBlocks) return "more blocks than the executor can tell apart";
    if (config.dynamic_shared > kMostDynamicShared) return "dynamic shared memory";
    if (config.cluster < 1 || config.cluster > 16 || grid.x % config.cluster)
        return "blocks in a cluster";
    return "";
}

void shape_block(Block &block) {
    const Dim3 shape = machine.block;
    const bool same = !block.threads.empty() && block.shape.x == shape.x &&
                      block.shape.y == shape.y && block.shape.z == shape.z;
    if (same) return;
    block.shape = shape;
    const uint32_t count = machine.thread_count;
    block.threads.resize(count);
    block.warps.resize((count + 31) / 32);
    for (uint32_t id = 0; id < block.warps.size(); id++) {
        block.warps[id].block = &block;
        block.warps[id].id = id;
    }
    for (uint32_t i = 0; i < count; i++) {
        Thread &thread = block.threads[i];
        thread.index = {i % shape.x, i / shape.x % shape.y, i / (shape.x * shape.y)};
        thread.block = &block;
        thread.warp = &block.warps[i / 32];
        thread.lane = i % 32;
        thread.linear = i;
        thread.warp->lanes[thread.lane] = &thread;
    }
}

void start_block(uint32_t position, uint32_t linear) {
    Block &block = *machine.blocks[position];
    const Dim3 &grid = machine.grid;
    block.position = position;
    block.linear = linear;
    block.index = {linear % grid.x, linear / grid.x % grid.y, linear / (grid.x * grid.y)};
    block.alive = machine.thread_count;
    block.epoch = block.at_barrier = block.at_group = block.blocks_at_cluster = 0;
    block.knowledge.clear();
    block.has_pending = false;
    block.mbarriers.clear();
    restart_shared_memory(block);
    for (Thread &thread : block.threads) {
        thread.fiber = nullptr;
        thread.counted_since = thread.warp_epoch = thread.ordered_warp_epoch = 0;
        thread.fenced = false;
        thread.waited = !machine.overlaps;
        thread.pending.clear();
    }
    block.runnable_warps = 0;
    for (Warp &warp : block.warps) {
        const uint32_t lanes = std::min(32u, machine.thread_count - 32 * warp.id);
        warp.alive = lanes == 32 ? ~0u : (1u << lanes) - 1;
        warp.runnable = 0;
        warp.rendezvous_count = 0;
        wake(warp, warp.alive);
    }
}

void start_machine(const LaunchConfig &launch, Report &report) {
    machine.config = config();
    machine.report = &report;
    machine.kernel = launch.name;
    machine.grid = launch.grid;
    machine.block = launch.block;
    machine.block_count = static_cast<uint32_t>(launch.grid.count());
    machine.thread_count = static_cast<uint32_t>(launch.block.count());
    machine.dynamic_shared = launch.dynamic_shared;
    machine.cooperative = launch.cooperative;
    machine.cluster = launch.cluster;
    machine.overlaps = launch.overlaps;
    machine.resident = launch.cooperative ? machine.block_count : launch.cluster;
    machine.generation++;
    machine.grid_epochs.assign(launch.cooperative ? machine.block_count : 0, 0);
    machine.blocks_at_grid = 0;
    machine.released.clear();
    machine.aborted = false;
    machine.random = machine.config.seed;
    machine.changes = machine.exits = machine.spins = machine.progress_at_spin = 0;
    while (machine.blocks.size() < machine.resident)
        machine.blocks.push_back(std::make_unique<Block>());
    for (uint32_t i = 0; i < machine.resident; i++) {
        shape_block(*machine.blocks[i]);
        for (Warp &warp : machine.blocks[i]->warps) warp.traffic.restart();
    }
}

}  // namespace

Report run(const LaunchConfig &launch, void (*invoke)(const void *), const void *arguments) {
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    const jsnorm::FloatEnvironment environment;  // a GPU knows nothing of the host's
    Report report;
    LaunchRecord record{launch.name ? launch.name : "", launch.grid, launch.block, {}};
    const std::string wrong = complaint(launch);
    if (wrong.empty()) {
        start_machine(launch, report);
        machine.invoke = invoke;
        machine.arguments = arguments;
        const uint32_t groups = machine.block_count / machine.resident;
        for (uint32_t i = 0; i < groups && !machine.aborted; i++) {
            const uint32_t group = permuted_block(i, groups);
            for (uint32_t k = 0; k < machine.resident; k++)
                start_block(k, group * machine.resident + k);
            run_resident_blocks();
        }
        report.counters.launches = 1;
        report.counters.threads = machine.block_count * uint64_t{machine.thread_count};
    } else {
        report.error_count = 1;
        report.errors.push_back("INVALID LAUNCH of '" + record.name + "': " + wrong);
    }
    record.counters = report.counters;
    add_launch(record, report);
    return report;
}

}  // namespace simt
