// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/traversal.hpp"

namespace jsnorm::cpu {

namespace {

// A tile of rows should still be in the first-level cache when it is read again.
constexpr int64_t kTileBytes = 16 * 1024;

// A tile of planes takes neighbouring planes of a sample: bytes enough to be worth the jump to the
// next sample, but not so many that too few units are left for the threads.
constexpr int64_t kPlanesBytes = 8 * 1024;
constexpr int64_t kLeastPlanes = 4;
constexpr int64_t kUnits = 16;

// Cells per regular tile of rows.
int64_t cells_of_tile(const Problem &problem, const Cut &cut) {
    const auto element = static_cast<int64_t>(bytes_of(problem.type));
    const int64_t run = std::max<int64_t>(1, std::min(cut.length, kTile) * element);
    if (cut.segments == 1) return std::clamp<int64_t>(kTileBytes / run, 1, kCellsPerTile);
    if (cut.length > kTile) return 1;
    const int64_t planes = std::clamp<int64_t>(kPlanesBytes / run, kLeastPlanes, kCellsPerTile);
    return std::clamp<int64_t>(problem.cells * cut.chunks / kUnits, 1, planes);
}

// Columns per gathered tile: few, so that the tile fits a thread's stack.
constexpr int64_t kGatheredColumns = 32;

}  // namespace

Traversal::Traversal(const Problem &problem, const View &view_)
    : view(view_), cut(problem, view_.columns), regular(tiles_are_regular(problem)) {
    line_ = view.cells.inner_size();
    if (!problem.parameter_per_element) line_ = std::min(line_, problem.shape.parameters);
    if (cut.columns) {
        block = regular || cut.fold > 1 ? kColumnBlock : kGatheredColumns;
        cells_of_tile_ = cells_of_wide_tile_ = block;
    } else {
        cells_of_tile_ = regular ? cells_of_tile(problem, cut) : 1;
        const bool share_parameters = regular && problem.parameter_per_element;
        cells_of_wide_tile_ = share_parameters ? kCellsPerTile : cells_of_tile_;
        // With parameters per element a unit takes whole row blocks: gradients are summed down
        // them.
        block = problem.parameter_per_element ? kRowBlock : cells_of_tile_;
    }
}

bool Traversal::tiles_are_regular(const Problem &problem) const {
    const Axes &elements = view.elements;
    if (cut.columns) {
        if (elements.count > 1) return false;
        if (cut.fold == 1) return true;
        bool packed = view.cells.inner_size() == problem.shape.parameters;
        for (int32_t t = 0; t < view.operands; ++t) {
            packed &= elements.inner_stride(t) == problem.shape.parameters;
        }
        return packed;
    }
    for (int32_t t = 0; t < view.operands; ++t) {
        if (elements.inner_size() > 1 && elements.inner_stride(t) != 1) return false;
    }
    if (elements.count == 1) return true;
    return elements.count == 2 && cut.segments > 1 && elements.inner_size() == cut.length;
}

int64_t Traversal::to_next_tile(int32_t operand, const TileRange &tile, Order order) const {
    if (tile.length < cut.length) return tile.length;
    const int64_t to_next_cells = cells_of_tile_ * view.cells.inner_stride(operand);
    if (cut.segments == 1) return to_next_cells;
    // The last large plane of a chunk: the next unit begins with the first plane of that chunk, in
    // other cells.
    if (tile.segments == 1 && tile.segments_into_chunk > 0) {
        const int64_t back = tile.segments_into_chunk * segment_stride(operand);
        return (order == Order::kForward ? to_next_cells : -to_next_cells) - back;
    }
    return segment_stride(operand);
}

int64_t Traversal::segment_stride(int32_t operand) const {
    return view.elements.count == 2 ? view.elements.stride[0][operand] : cut.length;
}

}  // namespace jsnorm::cpu
