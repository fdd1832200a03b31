// SPDX-License-Identifier: Apache-2.0
// Everything that is decided about an operation before its first launch, in one pure function:
//
//     Request -> view -> tree -> access -> scheme -> Plan
//
// Launches, jsnormGetPlanDescription, the log and jsnormGetMemoryTraffic read a Plan and decide
// nothing. (Workspace is the most that any plan for a shape needs: src/cuda/plan/workspace.hpp.)
#pragma once

#include <optional>

#include "kernels/math/elementwise.cuh"
#include "kernels/math/limits.cuh"
#include "src/core/request.hpp"
#include "src/cuda/plan/scheme.hpp"
#include "src/cuda/plan/workspace.hpp"

namespace jsnorm::cuda {

enum class Scheme {
    kNothing,    // no tensor is read: an empty one, or a finalize phase
    kFused,      // a group stays on chip between its statistics and its output
    kStreaming,  // tensors pass by, once for the sums and once for the output
};

// One kernel's way through its tensors.
struct Pass {
    View view;  // operands in the kernel's order
    Tree tree;
    RowsPlan rows;         // where !tree.columns
    bool vectors = false;  // accesses of 16 bytes, a lane's vector each
    // Columns and planes: nobody reads the tensors again while they are in the L2 cache.
    bool evict_first = false;
    int64_t blocks = 0;  // units of work: a launch may have fewer blocks
    size_t shared_bytes = 0;
    bool layer = false;   // fused: rows that need nothing but themselves, gamma and beta
    bool planes = false;  // streaming: rows that kernels of planes serve
};

// How forward writes the ReLU mask.
enum class MaskWrite {
    kNone,
    kWholeWords,  // every word by one thread or by neighbouring lanes
    kMergedBits,  // words are cleared first, then bits are or-ed in
};

struct Plan {
    jsnormOperation_t operation = JSNORM_FORWARD_TRAINING;
    Scheme scheme = Scheme::kNothing;
    Problem problem;  // with the groups of the scheme
    Workspace workspace;

    std::optional<Pass> sums;   // streaming: statistics of x, or sums over x and dy
    std::optional<Pass> apply;  // streaming: the elementwise pass
    std::optional<Pass> fused;

    MaskWrite mask_write = MaskWrite::kNone;
    Gate gate = Gate::kNone;         // of the first pass that reads dy
    bool sums_write_dz = false;      // apply then reads dz in place of dy, without a gate
    bool element_gradients = false;  // dgamma and dbeta are summed over parts of rows
    PartPlan parts;  // of rows that are reduced; without element gradients all steps

    // Blocks that take all steps of a finalize kernel in one launch; 0: a launch for each step.
    int32_t finalize_blocks = 0;

    Gate apply_gate() const { return sums_write_dz ? Gate::kNone : gate; }
};

Plan make_plan(const Request &request, const DeviceSpec &device);

// The lines after those of the request: scheme, a line for each pass, workspace.
void describe(const Plan &plan, const DeviceSpec &device, Text &text);

}  // namespace jsnorm::cuda
