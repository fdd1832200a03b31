// SPDX-License-Identifier: Apache-2.0
// How a tensor is cut for its reductions: a function of K, R, the type and the layout class, never
// of alignment, device or the number of groups. (Parts of rows, over which dgamma and dbeta of
// elements are summed, depend on the number of rows.)
#pragma once

#include "src/core/view.hpp"

namespace jsnorm::cuda {

struct Tree {
    bool columns = false;
    int32_t lanes = 1;  // of a row, or of a strip
    int32_t height = 1;  // columns: lines that a block reads at once
    int32_t fold = 1;    // columns: lines taken as one
    int64_t tile = 1;    // elements of a row's tile; (folded) lines of a column tile
    // Rows that share runs of memory: what of a run is one row's, a tile having it whole (short
    // planes of several samples; an element of neighbouring cells of columns). Else 0.
    int64_t plane = 0;
    int64_t chunk_tiles = 1;  // of rows; those of columns are dealt out in turn
    int64_t chunks = 1;
    int64_t line_cells = 1;     // of columns: neighbouring cells in memory; else 1
    bool single_tile = false;  // rows: a cell fits the registers of its lanes

    // Partial results of one kind for the whole tensor.
    int64_t partials(const Problem &problem) const { return chunks * problem.cells * fold; }
};

// An axis of elements that is longer is taken as two (kernels/tensor/axes.cuh counts in 32 bits).
inline constexpr int64_t kLongAxis = int64_t{1} << 29;

// The least power of two that is not below `value`.
int64_t power_of_two_up(int64_t value);

// Elements of 16 bytes.
int64_t vector_width(jsnormDataType_t type);

// view: of the tensors that are reduced together. by_element: where dgamma and dbeta of elements
// are summed with it: every chunk of a row is a tile, and few enough lanes share it that the sums
// of a block fit the shared memory of every device.
Tree make_tree(const Problem &problem, const View &view, bool by_element = false);

// The same for groups that stay on chip: of columns too, lanes share a cell as if it were a row.
Tree make_group_tree(const Problem &problem, const View &view);

// The most partial results that any layout of x and any smaller batch would have.
int64_t max_partials(const Problem &problem);

// Tiles of a block of an apply kernel of columns: any number gives the same bits.
int64_t apply_tiles(const Problem &problem, const Tree &tree);

int32_t row_threads(const Tree &tree);  // of a block of rows
int64_t rows_at_once(const Tree &tree);

// Columns whose rows of cells follow each other without gaps, in every operand.
bool is_flat(const View &view);

}  // namespace jsnorm::cuda
