// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/access.hpp"

#include <algorithm>

#include "kernels/math/limits.cuh"
#include "src/cuda/plan/tuning.hpp"

namespace jsnorm::cuda {

using gpu::RowAccess;

namespace {

constexpr int64_t kBankBytes = 128;  // of all banks of shared memory

int64_t bytes_of_run(const Problem &problem, int64_t elements) {
    return elements * static_cast<int64_t>(bytes_of(problem.type));
}

// Rows of the cell space follow each other without gaps, `plane` elements each.
bool are_neighbours(const View &view, int64_t plane) {
    for (int32_t t = 0; t < view.operands; ++t) {
        int64_t stride = plane;
        for (int32_t axis = view.cells.count - 1; axis >= 0; --axis) {
            if (view.cells.size[axis] > 1 && view.cells.stride[axis][t] != stride) return false;
            stride *= view.cells.size[axis];
        }
    }
    return true;
}

// Elements in at most two axes, distances in an axis in 32 bits (kernels/tensor/axes.cuh).
bool is_plane(const View &view) {
    if (view.elements.count > 2) return false;
    return view.elements.count == 1 || view.elements.inner_size() < kLongAxis;
}

bool has_runs(const View &view) {
    for (int32_t t = 0; t < view.operands; ++t) {
        if (view.elements.inner_stride(t) != 1) return false;
    }
    return true;
}

}  // namespace

bool allows_vectors(const Problem &problem, const View &view, const Tree &tree, bool aligned) {
    if (!aligned) return false;
    const int64_t width = vector_width(problem.type);
    if (!is_plane(view)) return false;
    const auto whole = [width](const Axes &axes, int32_t last, int32_t operands) {
        for (int32_t axis = 0; axis < last; ++axis) {
            for (int32_t t = 0; t < operands; ++t) {
                if (axes.size[axis] > 1 && axes.stride[axis][t] % width != 0) return false;
            }
        }
        return true;
    };
    if (tree.columns) {
        if (tree.line_cells * tree.fold % width != 0) return false;
        if (!whole(view.cells, view.cells.count - 1, view.operands)) return false;
        return tree.fold > 1 || whole(view.elements, view.elements.count, view.operands);
    }
    if (view.elements.inner_size() % width != 0) return false;
    return has_runs(view) && whole(view.elements, view.elements.count - 1, view.operands) &&
           whole(view.cells, view.cells.count, view.operands);
}

RowAccess row_access(const Problem &problem, const View &view, const Tree &tree, bool aligned) {
    if (view.columns) {
        return view.elements.count == 1 ? RowAccess::kBlockSpans : RowAccess::kElements;
    }
    if (allows_vectors(problem, view, tree, aligned)) return RowAccess::kVectors;
    if (!is_plane(view) || !has_runs(view)) return RowAccess::kElements;
    const int64_t run = view.elements.inner_size();
    const bool whole_in_tile = view.elements.count == 1 ? tree.single_tile : tree.plane == run;
    if (bytes_of_run(problem, run) < kShortRunBytes && whole_in_tile && are_neighbours(view, run)) {
        return RowAccess::kBlockSpans;
    }
    return run >= 2 * vector_width(problem.type) ? RowAccess::kRowSpans : RowAccess::kElements;
}

int64_t shared_run(const Problem &problem, const Tree &tree) {
    return tree.plane > 0 ? tree.plane : problem.cell_elements;
}

int64_t image_spacing(const Problem &problem, const Tree &tree) {
    const int64_t run = shared_run(problem, tree);
    if (run == 1) return rows_at_once(tree) + 1;  // odd: elements of a cell are in different banks
    const int64_t banks = kBankBytes / static_cast<int64_t>(bytes_of(problem.type));
    const int64_t others = (rows_at_once(tree) - 1) * run;
    return run + gpu::round_up(others, banks);
}

int64_t image_bytes(const Problem &problem, const Tree &tree) {
    const int64_t tile = std::min(problem.cell_elements, tree.tile);
    const int64_t runs = gpu::divide_up(tile, shared_run(problem, tree));
    return gpu::round_up(bytes_of_run(problem, runs * image_spacing(problem, tree)), 16);
}

bool owns_mask_words(const Problem &problem, const View &view, const Tree &tree, bool vectors) {
    constexpr int64_t kWord = 32;
    if (!vectors) return false;
    // The last folded row is written element by element.
    if (tree.columns && problem.cell_elements % tree.fold != 0) return false;
    const auto whole = [](const Axes &axes, int32_t last) {
        for (int32_t axis = 0; axis < last; ++axis) {
            if (axes.size[axis] > 1 && axes.stride[axis][0] % kWord != 0) return false;
        }
        return true;
    };
    const int64_t strip = tree.lanes * vector_width(problem.type);
    if (!tree.columns) {
        return strip >= kWord && view.elements.inner_size() % kWord == 0 &&
               whole(view.elements, view.elements.count - 1) && whole(view.cells, view.cells.count);
    }
    if (!whole(view.cells, view.cells.count - 1)) return false;
    const int64_t line_columns = tree.line_cells * tree.fold;
    // Where a strip is the tensor, threads of neighbouring lines are neighbours too.
    if (line_columns == strip && is_flat(view)) return tree.height * strip % kWord == 0;
    return strip % kWord == 0 && line_columns % kWord == 0 &&
           (tree.fold > 1 || whole(view.elements, view.elements.count));
}

}  // namespace jsnorm::cuda
