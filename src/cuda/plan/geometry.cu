// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/geometry.hpp"

#include <algorithm>
#include <cstdlib>

#include "src/cuda/plan/planes.hpp"

namespace jsnorm::cuda {

namespace {

static_assert(JSNORM_MAX_RANK <= gpu::kMaxAxes);

gpu::AxisMap axes_of(const Axes &axes, int32_t count, int32_t operands) {
    gpu::AxisMap result;
    result.count = std::max(count, 1);
    for (int32_t axis = 0; axis < count; ++axis) {
        result.size[axis] = gpu::make_divisor(axes.size[axis]);
        for (int32_t t = 0; t < operands; ++t) result.stride[axis][t] = axes.stride[axis][t];
    }
    return result;
}

// Elements in at most two axes.
gpu::Plane plane_of(const Axes &elements, int32_t operands) {
    gpu::Plane plane;
    const int32_t last = elements.count - 1;
    const bool one = elements.count == 1;
    plane.inner = gpu::make_divisor(one ? kLongAxis : elements.size[last]);
    for (int32_t t = 0; t < operands; ++t) {
        plane.inner_stride[t] = elements.stride[last][t];
        plane.outer_stride[t] = one ? kLongAxis * plane.inner_stride[t] : elements.stride[0][t];
    }
    return plane;
}

}  // namespace

int32_t power_of_two(int64_t value, int32_t most) {
    int32_t power = 1;
    while (power < value && power < most) power *= 2;
    return power;
}

gpu::Groups groups_of(const Problem &problem, int32_t threads) {
    const NormConfig &norm = problem.norm;
    gpu::Groups groups;
    groups.groups = problem.groups;
    groups.statistics = problem.statistics;
    groups.threads = threads;
    groups.mean_couples =
        couples(norm.mean_estimator, StatisticKind::kMean, problem.statistics) ? 1 : 0;
    groups.variance_couples =
        couples(norm.variance_estimator, StatisticKind::kVariance, problem.statistics) ? 1 : 0;
    groups.slices = gpu::divide_up(problem.statistics, gpu::kSliceStatistics);
    return groups;
}

gpu::RowGroups row_groups(const Problem &problem, const Tree &tree) {
    const GroupPlan plan = plan_groups(problem, tree);
    gpu::RowGroups groups;
    groups.shape = groups_of(problem, plan.rows * tree.lanes);
    groups.cells_per_statistic = static_cast<int32_t>(problem.cells_per_statistic);
    groups.cells = static_cast<int32_t>(plan.cells);
    groups.rows = plan.rows;
    groups.tiles = static_cast<int32_t>(plan.tiles);
    groups.rounds = static_cast<int32_t>(plan.rounds);
    groups.vectors = plan.vectors;
    return groups;
}

gpu::Rows rows_of(const Problem &problem, const Pass &pass) {
    const View &view = pass.view;
    const Tree &tree = pass.tree;
    const gpu::RowAccess access = pass.rows.access;
    const int64_t width = vector_width(problem.type);
    const bool of_blocks = access == gpu::RowAccess::kBlockSpans;
    gpu::Rows rows;
    rows.cells = axes_of(view.cells, view.cells.count, view.operands);
    rows.elements = axes_of(view.elements, view.elements.count, view.operands);
    rows.cell_count = problem.cells;
    rows.cell_elements = problem.cell_elements;
    rows.access = access;
    rows.tile = static_cast<int32_t>(tree.tile);
    if (access != gpu::RowAccess::kElements) rows.plane = plane_of(view.elements, view.operands);
    int64_t run = std::min({rows.plane.inner.value, problem.cell_elements, tree.tile});
    if (of_blocks) {
        const int64_t shared = shared_run(problem, tree);
        rows.plane.inner = gpu::make_divisor(shared);
        if (view.columns) {  // every element begins a run of neighbouring cells
            for (int32_t t = 0; t < view.operands; ++t) {
                rows.plane.outer_stride[t] = view.elements.inner_stride(t);
            }
        }
        rows.image_spacing = static_cast<int32_t>(image_spacing(problem, tree));
        run = shared * rows_at_once(tree);
    }
    // By eights, so that eight neighbouring threads are at the same run.
    rows.slots = gpu::make_divisor(gpu::round_up(gpu::divide_up(run + width - 1, width), 8));
    rows.chunk_tiles = static_cast<int32_t>(tree.chunk_tiles);
    rows.chunks = tree.chunks;
    return rows;
}

gpu::Columns columns_of(const Problem &problem, const Pass &pass) {
    const View &view = pass.view;
    const Tree &tree = pass.tree;
    gpu::Columns columns;
    // The innermost axis of cells is the line itself.
    columns.outer = axes_of(view.cells, view.cells.count - 1, view.operands);
    columns.elements = axes_of(view.elements, view.elements.count, view.operands);
    columns.line_cells = tree.line_cells;
    columns.line_columns = tree.line_cells * tree.fold;
    columns.cell_elements = problem.cell_elements;
    columns.lines = column_lines(problem, tree);
    columns.tiles = gpu::divide_up(columns.lines, tree.tile);
    columns.all_columns = problem.cells * tree.fold;
    columns.fold = tree.fold;
    columns.lanes = tree.lanes;
    columns.height = tree.height;
    columns.vectors = pass.vectors ? 1 : 0;
    bool stepped = pass.vectors && view.elements.count == 1;
    for (int32_t t = 0; t < view.operands; ++t) {
        columns.line_step[t] = view.elements.inner_stride(t) * tree.fold;
        // Kernels count steps in 32 bits.
        stepped = stepped && std::abs(columns.line_step[t]) * tree.tile * tree.chunks < kLongAxis;
    }
    columns.stepped = stepped ? 1 : 0;
    columns.chunks = gpu::make_divisor(tree.chunks);
    columns.strips = gpu::make_divisor(column_strips(problem, tree));
    columns.all_strips = gpu::make_divisor(all_column_strips(problem, tree));
    columns.cells = gpu::make_divisor(tree.line_cells);
    columns.parameters = gpu::make_divisor(problem.shape.parameters);
    columns.apply_tiles = apply_tiles(problem, tree);
    return columns;
}

gpu::Planes planes_of(const Problem &problem, const Pass &pass) {
    const View &view = pass.view;
    const PlaneCut cut = cut_planes(problem, view);
    gpu::Planes planes;
    planes.cells = axes_of(view.cells, view.cells.count, view.operands);
    if (cut.samples > 1) {
        for (int32_t t = 0; t < view.operands; ++t) {
            planes.sample_step[t] = view.elements.stride[0][t];
        }
    }
    planes.samples = gpu::make_divisor(cut.samples);
    planes.cell_count = gpu::make_divisor(problem.cells);
    planes.pieces = gpu::make_divisor(cut.pieces);
    planes.parameters = gpu::make_divisor(problem.shape.parameters);
    planes.vectors = static_cast<int32_t>(cut.vectors);
    planes.piece_vectors = static_cast<int32_t>(cut.piece_vectors);
    const int64_t width = vector_width(problem.type);
    planes.plane_vectors = gpu::make_divisor(cut.vectors);
    planes.cell_vectors = problem.cell_elements / width;
    planes.chunks = pass.tree.chunks;
    planes.chunk_vectors = static_cast<int32_t>(pass.tree.chunk_tiles * pass.tree.tile / width);
    return planes;
}

gpu::Parts parts_of(const Problem &problem, const Tree &tree, int64_t cells_per_statistic) {
    gpu::Parts parts;
    parts.line_cells = gpu::make_divisor(tree.columns ? tree.line_cells : problem.cells);
    parts.chunks = gpu::make_divisor(tree.chunks);
    parts.of_cell = gpu::make_divisor(tree.chunks * tree.fold);
    parts.columns = problem.cells * tree.fold;
    parts.cell_elements = problem.cell_elements;
    parts.lines = gpu::divide_up(problem.cell_elements, tree.fold);
    parts.chunk_lines = tree.chunk_tiles * tree.tile;
    if (tree.columns) {
        parts.dealt_lines = tree.tile;
        parts.last_tile = gpu::divide_up(parts.lines, tree.tile) - 1;
    }
    parts.fold = tree.fold;
    parts.threads = power_of_two(tree.chunks * tree.fold * cells_per_statistic / 4, 32);
    return parts;
}

}  // namespace jsnorm::cuda
