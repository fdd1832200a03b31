// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/tree.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "kernels/math/limits.cuh"
#include "src/cuda/plan/tuning.hpp"

namespace jsnorm::cuda {

using gpu::divide_up;

namespace {

int64_t row_capacity(jsnormDataType_t type, int64_t lanes) {
    return lanes * vector_width(type) * gpu::kTileVectors;
}

// How many lanes share a row: the fewest of up to `most` that hold it, else `of_long_rows`.
struct Lanes {
    int32_t most;
    int32_t of_long_rows;
};

int32_t row_lanes(jsnormDataType_t type, int64_t elements, const Lanes &allowed) {
    for (const int lanes : kRowLanes) {
        if (lanes > allowed.most) break;
        if (elements <= row_capacity(type, lanes)) return lanes;
    }
    return allowed.of_long_rows;
}

constexpr Lanes kApplyLanes = {kMaxApplyLanes, kMaxApplyLanes};
constexpr Lanes kGroupLanes = {kMostRowLanes, kMostRowLanes};

// A warp takes a chunk of a long row where parameters belong to cells: such rows are planes.
Lanes sum_lanes(const Problem &problem, bool by_element) {
    if (by_element) return {kMaxElementSumLanes, kMaxElementSumLanes};
    return {kMostRowLanes, problem.parameter_per_element ? kMostRowLanes : gpu::kWarp};
}

// The fewest lanes whose registers hold dgamma and dbeta beside the row, where there are so many;
// no others.
Lanes layer_lanes(const Problem &problem) {
    constexpr int32_t kNone = 0;
    for (const int lanes : kRowLanes) {
        const int64_t capacity = lanes * vector_width(problem.type) * gpu::kLayerVectors;
        if (problem.cell_elements <= capacity) return {kNone, lanes};
    }
    return kGroupLanes;
}

int64_t cells_of_group(const Problem &problem) {
    return problem.statistics * problem.cells_per_statistic;
}

// Tiles of a chunk, chosen so that there are about so many units of work.
int64_t chunk_tiles(int64_t tiles, int64_t strips, int64_t units) {
    return std::clamp<int64_t>(tiles * strips / units, 1, kMaxRowChunkTiles);
}

// Short planes of several samples that are no multiple of 16 bytes: the planes of neighbouring
// channels are read together, so that few sectors are read for a part of them. In column layouts
// every element is such a plane.
int64_t short_plane(const Problem &problem, const View &view) {
    if (view.columns) return 1;
    if (!is_batch_kind(problem.norm.kind) || view.elements.count != 2) return 0;
    const int64_t bytes = view.elements.inner_size() * static_cast<int64_t>(bytes_of(problem.type));
    return bytes % 16 != 0 && bytes < kShortRunBytes ? view.elements.inner_size() : 0;
}

// by_element: every chunk is a tile.
Tree row_tree(const Problem &problem, const View &view, const Lanes &lanes, bool by_element) {
    Tree tree;
    tree.lanes = row_lanes(problem.type, problem.cell_elements, lanes);
    tree.plane = short_plane(problem, view);
    if (tree.plane > 0) {
        const int64_t bytes = tree.plane * static_cast<int64_t>(bytes_of(problem.type));
        const bool four_are_short = bytes * gpu::kLeastRowThreads / kRowLanes[1] < kShortRunBytes;
        tree.lanes = std::min(tree.lanes, kRowLanes[four_are_short ? 0 : 1]);
    }
    tree.tile = row_capacity(problem.type, tree.lanes);
    if (tree.plane > 0) tree.tile -= tree.tile % tree.plane;
    tree.single_tile = problem.cell_elements <= tree.tile;
    const int64_t tiles = divide_up(problem.cell_elements, tree.tile);
    if (!by_element) {
        const bool by_warps = lanes.of_long_rows == gpu::kWarp && tree.plane == 0;
        tree.chunk_tiles =
            chunk_tiles(tiles, cells_of_group(problem), by_warps ? kWarpUnits : kUnits);
    }
    tree.chunks = divide_up(tiles, tree.chunk_tiles);
    return tree;
}

// Vectors of a strip: a short line is one strip, the strips of a long one leave the fewest threads
// idle.
int64_t strip_lanes(int64_t line_vectors, int64_t lines) {
    if (lines <= kFewLines) return std::min(line_vectors, kWideStripLanes);
    if (line_vectors <= kMostStripLanes) return line_vectors;
    int64_t best = kLeastStripLanes;
    for (int64_t lanes = best; lanes <= kMostStripLanes; lanes += 2) {  // whole sectors
        const auto covered = [line_vectors](int64_t n) { return gpu::round_up(line_vectors, n); };
        if (covered(lanes) < covered(best)) best = lanes;
    }
    return best;
}

Tree column_tree(const Problem &problem, int64_t line_cells, bool flat) {
    const int64_t width = vector_width(problem.type);
    Tree tree;
    tree.columns = true;
    tree.line_cells = line_cells;
    if (flat) tree.fold = static_cast<int32_t>(width / std::gcd(line_cells, width));
    const int64_t lines = divide_up(problem.cell_elements, tree.fold);
    const int64_t line_vectors = divide_up(line_cells * tree.fold, width);
    tree.lanes = static_cast<int32_t>(strip_lanes(line_vectors, lines));
    tree.height = static_cast<int32_t>(gpu::kColumnThreads / tree.lanes);
    tree.tile = gpu::kTileLines * tree.height;
    const int64_t strips = divide_up(line_vectors, tree.lanes);
    const int64_t tiles = divide_up(lines, tree.tile);
    tree.chunks = std::clamp<int64_t>(kColumnUnits / strips, 1,
                                      std::max<int64_t>(1, divide_up(tiles, kLeastChunkTiles)));
    return tree;
}

// At least as many chunks as any number of tiles up to this one gives.
int64_t most_chunks(int64_t tiles, int64_t strips, int64_t most) {
    const int64_t below_cap = 2 * std::max(kUnits, kWarpUnits) / std::max<int64_t>(strips, 1) + 1;
    return std::max(std::min(tiles, below_cap), divide_up(tiles, most));
}

}  // namespace

int32_t row_threads(const Tree &tree) {
    return gpu::row_threads(tree.lanes);
}

int64_t rows_at_once(const Tree &tree) {
    return gpu::rows_per_block(tree.lanes);
}

int64_t column_lines(const Problem &problem, const Tree &tree) {
    return divide_up(problem.cell_elements, tree.fold);
}

int64_t column_strips(const Problem &problem, const Tree &tree) {
    return divide_up(tree.line_cells * tree.fold, tree.lanes * vector_width(problem.type));
}

int64_t all_column_strips(const Problem &problem, const Tree &tree) {
    return problem.cells / tree.line_cells * column_strips(problem, tree);
}

int64_t apply_tiles(const Problem &problem, const Tree &tree) {
    const int64_t tiles = divide_up(column_lines(problem, tree), tree.tile);
    return std::max<int64_t>(1, divide_up(tiles * all_column_strips(problem, tree), kApplyBlocks));
}

int64_t apply_parts(const Problem &problem, const Tree &tree) {
    const int64_t tiles = divide_up(column_lines(problem, tree), tree.tile);
    return divide_up(tiles, apply_tiles(problem, tree));
}

bool is_flat(const View &view) {
    if (!view.columns || view.elements.count != 1) return false;
    for (int32_t t = 0; t < view.operands; ++t) {
        if (view.elements.stride[0][t] != view.cells.inner_size()) return false;
    }
    return true;
}

int64_t power_of_two_up(int64_t value) {
    return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(value, 1))));
}

int64_t vector_width(jsnormDataType_t type) {
    return 16 / static_cast<int64_t>(bytes_of(type));
}

Tree make_tree(const Problem &problem, const View &view, bool by_element) {
    if (view.columns) return column_tree(problem, view.cells.inner_size(), is_flat(view));
    return row_tree(problem, view, sum_lanes(problem, by_element), by_element);
}

Tree make_apply_tree(const Problem &problem, const View &view) {
    constexpr bool kByElement = false;
    if (view.columns) return make_tree(problem, view);
    return row_tree(problem, view, kApplyLanes, kByElement);
}

Tree make_group_tree(const Problem &problem, const View &view, bool sums_elements) {
    constexpr bool kByElement = false;
    const Lanes lanes = sums_elements ? layer_lanes(problem) : kGroupLanes;
    Tree tree = row_tree(problem, view, lanes, kByElement);
    if (view.columns) tree.line_cells = view.cells.inner_size();
    return tree;
}

int64_t max_partials(const Problem &problem) {
    if (problem.empty()) return 0;
    const int64_t width = vector_width(problem.type);
    // Rows: the largest number of tiles is at one-tile chunks; tiles of short planes are as small
    // as those of the fewest lanes, less one plane.
    const int32_t lanes = row_lanes(problem.type, problem.cell_elements,
                                    sum_lanes(problem, problem.parameter_per_element));
    const int64_t tile = is_batch_kind(problem.norm.kind)
                             ? row_capacity(problem.type, kRowLanes[0]) -
                                   kShortRunBytes / static_cast<int64_t>(bytes_of(problem.type))
                             : row_capacity(problem.type, lanes);
    const int64_t row_tiles = divide_up(problem.cell_elements, tile);
    int64_t partials = (problem.parameter_per_element
                            ? row_tiles
                            : most_chunks(row_tiles, cells_of_group(problem), kMaxRowChunkTiles)) *
                       problem.cells;
    if (problem.parameter_per_element) return partials;
    // Columns: a line has at least the cells of the last axis, and strips are at most so wide.
    // Folded lines have `fold` times the columns and about one fold-th of the chunks.
    constexpr int64_t kLeastTile = gpu::kTileLines * (gpu::kColumnThreads / gpu::kMostLanes);
    for (int64_t fold = 1; fold <= width; fold *= 2) {
        const int64_t lines = divide_up(problem.cell_elements, fold);
        const int64_t strips =
            divide_up(divide_up(problem.inner_cells * fold, width), kMostStripLanes);
        const int64_t chunks =
            std::min(std::max<int64_t>(1, kColumnUnits / std::max<int64_t>(strips, 1)),
                     divide_up(divide_up(lines, kLeastTile), kLeastChunkTiles));
        partials = std::max(partials, chunks * problem.cells * fold);
    }
    return partials;
}

}  // namespace jsnorm::cuda
