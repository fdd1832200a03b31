// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/scheme.hpp"

#include <algorithm>

#include "kernels/math/limits.cuh"
#include "src/cuda/plan/access.hpp"
#include "src/cuda/plan/tuning.hpp"

namespace jsnorm::cuda {

using gpu::divide_up;
using gpu::kLaneOrderRun;
using gpu::kTileVectors;
using gpu::kVectorBytes;
using gpu::round_up;
using gpu::RowAccess;

namespace {

constexpr int64_t kSector = 32;         // bytes that memory moves at once
constexpr int64_t kStaticBytes = 1024;  // upper bound of static shared memory in kernels of rows

bool is_layer(RowsKernel kernel) {
    return kernel == RowsKernel::kLayerForward || kernel == RowsKernel::kLayerBackward;
}

bool is_fused(RowsKernel kernel) {
    return kernel == RowsKernel::kForward || kernel == RowsKernel::kBackward;
}

// Bytes of shared memory that a block needs for each purpose.
struct Needs {
    int64_t groups = 0;
    int64_t parameters = 0;
    int64_t sums = 0;
    int64_t stash = 0;
    int64_t staging = 0;
    int64_t image = 0;
    int64_t total() const { return groups + parameters + sums + stash + staging + image; }
};

int64_t tile_values(const Problem &problem, const Tree &tree) {
    return round_up(std::min(problem.cell_elements, tree.tile), kLaneOrderRun);
}

// Entries of the array that sums dgamma or dbeta: those of a row, or of a tile.
int64_t sum_values(const Problem &problem, const Tree &tree, RowsKernel kernel) {
    if (kernel == RowsKernel::kBackward || kernel == RowsKernel::kLayerBackward) {
        return round_up(problem.cell_elements, kLaneOrderRun);
    }
    return kernel == RowsKernel::kGradientSums ? tile_values(problem, tree) : 0;
}

// A kernel of plain layers needs memory only where rows of a block add up dgamma, then dbeta.
Needs layer_needs(const Problem &problem, const Tree &tree, RowsKernel kernel) {
    Needs needs;
    const int64_t rows = rows_at_once(tree);
    if (kernel == RowsKernel::kLayerBackward && rows > 1) {
        const auto value = static_cast<int64_t>(compute_bytes(problem.type));
        needs.sums = rows * sum_values(problem, tree, kernel) * value;
    }
    return needs;
}

Needs needs_of(const Problem &problem, const Tree &tree, RowsKernel kernel, RowAccess access) {
    if (is_layer(kernel)) return layer_needs(problem, tree, kernel);
    const auto value = static_cast<int64_t>(compute_bytes(problem.type));
    const bool forward = kernel == RowsKernel::kForward || kernel == RowsKernel::kApplyForward;
    const int64_t threads = row_threads(tree);
    Needs needs;
    if (access != RowAccess::kVectors) needs.staging = threads * kTileVectors * kVectorBytes;
    if (access == RowAccess::kBlockSpans) needs.image = image_bytes(problem, tree);
    if (problem.parameter_per_element && kernel != RowsKernel::kStatistics) {
        // backward needs beta for the sign before ReLU
        const bool both = forward || problem.norm.activation == JSNORM_ACTIVATION_RELU;
        needs.parameters = (both ? 2 : 1) * tile_values(problem, tree) * value;
        needs.sums = 2 * rows_at_once(tree) * sum_values(problem, tree, kernel) * value;
    }
    if (is_fused(kernel)) {
        const GroupPlan groups = plan_groups(problem, tree);
        needs.groups = groups.in_block * gpu::group_bytes(groups.cells, problem.statistics, value);
        needs.stash = (groups.rounds - 1) * groups.vectors * threads * kVectorBytes *
                      (kernel == RowsKernel::kBackward ? 2 : 1);
        if (groups.tiles > 1) needs.parameters = 0;
    }
    return needs;
}

// Cells that a block takes at once; in column layouts they are a run of memory.
int64_t cells_at_once(const GroupPlan &plan) {
    return plan.in_block > 1 ? plan.in_block * plan.cells
                             : std::min<int64_t>(plan.rows, plan.cells);
}

// In column layouts a block must not straddle two lines of cells.
bool straddles_lines(const Tree &tree, const GroupPlan &plan) {
    return tree.line_cells > 1 && plan.in_block > 1 && tree.line_cells % cells_at_once(plan) != 0;
}

// Whether the fused kernel gives the bits of one part in phases, which stream: where a statistic is
// one tile, and nothing couples it to others.
bool has_bits_of_phases(const Problem &problem, const View &view, const Tree &tree) {
    return problem.statistics == 1 && problem.cells_per_statistic == 1 && !view.columns &&
           tree.single_tile;
}

// Groups of columns are read in runs of neighbouring cells, which must fill a sector.
bool has_long_runs(const Problem &problem, const View &view, const Tree &tree) {
    const GroupPlan plan = plan_groups(problem, tree);
    if (view.elements.count > 1 || tree.line_cells % plan.cells != 0) return false;
    const int64_t run = cells_at_once(plan);
    return run == tree.line_cells || run * static_cast<int64_t>(bytes_of(problem.type)) >= kSector;
}

// rows: of a step. chain: how many of them one lane adds up.
PartPlan parts_of_steps(const Tree &tree, int64_t steps, int64_t rows, int64_t chain) {
    const int64_t most = std::max<int64_t>(1, kMaxChainRows / chain);
    const int64_t least = std::min(most, divide_up(kMinPartRows, rows));
    const int64_t count = row_threads(tree) > gpu::kLeastRowThreads ? kWidePartCount
                          : tree.lanes > gpu::kWarp                 ? kMiddlePartCount
                                                                    : kNarrowPartCount;
    PartPlan parts;
    parts.steps = std::clamp(divide_up(steps, count), least, most);
    parts.count = divide_up(steps, parts.steps);
    return parts;
}

}  // namespace

int64_t row_blocks(const Problem &problem, const Tree &tree) {
    return divide_up(problem.cells, rows_at_once(tree));
}

GroupPlan plan_groups(const Problem &problem, const Tree &tree) {
    GroupPlan plan;
    plan.cells = problem.statistics * problem.cells_per_statistic;
    const int64_t most = rows_at_once(tree);
    plan.rows = static_cast<int32_t>(std::min(most, power_of_two_up(plan.cells)));
    plan.in_block = static_cast<int32_t>(most / plan.rows);
    while (straddles_lines(tree, plan)) {
        plan.rows *= 2;
        plan.in_block /= 2;
    }
    plan.tiles = divide_up(problem.cell_elements, tree.tile);
    plan.rounds = divide_up(plan.cells, plan.rows) * plan.tiles;
    const int64_t step = tree.lanes * vector_width(problem.type);
    plan.vectors =
        static_cast<int32_t>(divide_up(std::min(problem.cell_elements, tree.tile), step));
    plan.steps = divide_up(problem.groups, plan.in_block);
    return plan;
}

RowsPlan plan_rows(const Problem &problem, const Tree &tree, RowsKernel kernel, RowAccess access,
                   const DeviceSpec &device) {
    const int64_t limit = static_cast<int64_t>(device.shared_bytes_per_block) - kStaticBytes;
    Needs needs = needs_of(problem, tree, kernel, access);
    RowsPlan plan;
    plan.access = access;
    if (needs.image > 0 && needs.total() > limit) {
        needs.image = 0;
        plan.access = RowAccess::kElements;
    }
    if (needs.total() > limit) needs.parameters = 0;
    plan.fits = needs.total() <= limit;
    if (!plan.fits) return plan;
    if (needs.parameters > 0) plan.smem_entries = static_cast<int32_t>(tile_values(problem, tree));
    plan.sum_values = static_cast<int32_t>(sum_values(problem, tree, kernel));
    plan.memory.parameters = static_cast<int32_t>(needs.groups);
    plan.memory.sums = plan.memory.parameters + static_cast<int32_t>(needs.parameters);
    plan.memory.stash = plan.memory.sums + static_cast<int32_t>(needs.sums);
    plan.memory.staging = plan.memory.stash + static_cast<int32_t>(needs.stash);
    plan.memory.image = plan.memory.staging + static_cast<int32_t>(needs.staging);
    plan.memory.end = plan.memory.image + static_cast<int32_t>(needs.image);
    return plan;
}

std::optional<Fused> fused(const Problem &given, const View &view, RowsKernel kernel,
                           const DeviceSpec &device) {
    const Problem problem = is_coupled(given) ? given : statistics_apart(given);
    const bool sums_elements =
        kernel == RowsKernel::kBackward && problem.parameter_per_element && !is_coupled(problem);
    const Tree tree = make_group_tree(problem, view, sums_elements);
    if (is_batch_kind(problem.norm.kind) && !has_bits_of_phases(problem, view, tree)) return {};
    if (view.columns && !has_long_runs(problem, view, tree)) return {};
    if (plan_groups(problem, tree).rounds > kMaxRounds) return {};
    const RowAccess access = view.columns ? RowAccess::kBlockSpans : RowAccess::kElements;
    if (needs_of(problem, tree, kernel, access).stash > kMaxStashBytes) return {};
    const RowsPlan plan = plan_rows(problem, tree, kernel, access, device);
    if (!plan.fits || plan.access != access) return {};
    return Fused{problem, tree};
}

int64_t blocks_of_rows(int64_t units, const Tree &tree, const RowsPlan &plan,
                       const DeviceSpec &device) {
    if (plan.smem_entries == 0) return units;
    return std::min(units, device.multiprocessors * (kHoldingThreads / row_threads(tree)));
}

PartPlan fused_parts(const Problem &problem, const Tree &tree) {
    const GroupPlan groups = plan_groups(problem, tree);
    return parts_of_steps(tree, groups.steps, groups.in_block * groups.cells,
                          groups.rounds / groups.tiles);
}

PartPlan streaming_parts(const Problem &problem, const Tree &tree) {
    return parts_of_steps(tree, row_blocks(problem, tree), rows_at_once(tree), 1);
}

int64_t max_parts(const Problem &problem) {
    const int64_t few = std::min(divide_up(problem.cells, kMinPartRows), kNarrowPartCount);
    return std::max(few, divide_up(problem.cells, kMaxChainRows - kMaxRounds));
}

}  // namespace jsnorm::cuda
