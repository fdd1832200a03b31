// SPDX-License-Identifier: Apache-2.0
// Which kernels an operation takes, and how blocks of rows divide the work and their shared memory:
// pure functions of the problem, the layouts and the device.
//
// Fused: a group stays on chip between its statistics and its output; one read, one write.
// Streaming: statistics, finalize, apply; the tensor is read twice.
#pragma once

#include <optional>

#include "kernels/rows/block_memory.cuh"
#include "src/core/device.hpp"
#include "src/cuda/plan/tree.hpp"

namespace jsnorm::cuda {

// How groups of rows share a block (kernels/rows/groups.cuh). Does not depend on the device.
struct GroupPlan {
    int64_t cells = 1;     // rows of a group
    int32_t rows = 1;      // rows of a group that threads take at once: a power of two
    int32_t in_block = 1;  // groups of a block
    int64_t tiles = 1;     // tiles of a row
    int64_t rounds = 1;    // tiles that one thread sees of a group
    int32_t vectors = 1;   // vectors of a lane for a tile
    int64_t steps = 1;     // so many blocks would take all groups at once
};
GroupPlan plan_groups(const Problem &problem, const Tree &tree);

enum class RowsKernel {
    kForward,
    kBackward,
    kStatistics,
    kApplyForward,
    kGradientSums,
    kApplyBackward,
    kLayerForward,
    kLayerBackward
};

struct RowsPlan {
    gpu::BlockMemory memory;
    gpu::RowAccess access = gpu::RowAccess::kElements;
    int32_t smem_entries =
        0;                   // of gamma or beta each, that a block keeps in shared memory; 0: none
    int32_t sum_values = 0;  // entries of an array of sums of dgamma or dbeta
    bool fits = true;        // the device's shared memory

    size_t shared_bytes() const { return static_cast<size_t>(memory.end); }
};
// access: what the tensors allow. Spans of a block need shared memory that a device may not have;
// rows are then accessed by elements. Neither changes a result.
RowsPlan plan_rows(const Problem &problem, const Tree &tree, RowsKernel kernel,
                   gpu::RowAccess access, const DeviceSpec &device);

// A fused operation: how its groups are cut, and the problem with its groups (every channel of a
// batch norm is a group where nothing couples the channels).
struct Fused {
    Problem problem;
    Tree tree;
};
// Empty where the operation streams. kernel: kForward or kBackward. view: of the tensors that are
// reduced, so that no bit of a result depends on the layout of outputs.
std::optional<Fused> fused(const Problem &problem, const View &view, RowsKernel kernel,
                           const DeviceSpec &device);

int64_t row_blocks(const Problem &problem, const Tree &tree);

// Blocks for `units` units of rows: fewer where each block loads parameters into shared memory.
int64_t blocks_of_rows(int64_t units, const Tree &tree, const RowsPlan &plan,
                       const DeviceSpec &device);

// Parts of the rows over which dgamma and dbeta of elements are summed.
struct PartPlan {
    int64_t steps = 1;  // steps of a kernel in a part
    int64_t count = 1;
};
PartPlan fused_parts(const Problem &problem, const Tree &tree);
PartPlan streaming_parts(const Problem &problem, const Tree &tree);
int64_t max_parts(const Problem &problem);  // over every device and any smaller batch

}  // namespace jsnorm::cuda
