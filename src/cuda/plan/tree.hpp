// SPDX-License-Identifier: Apache-2.0
// How a tensor is cut for its reductions, which fixes the order of every sum: a function of K, R,
// the type and the form (rows or columns), never of alignment, device or the number of groups.
// (Parts of rows, over which dgamma and dbeta of elements are summed, depend on the number of
// rows.)
#pragma once

#include "src/core/view.hpp"

namespace jsnorm::cuda {

struct Tree {
    bool columns = false;
    int32_t lanes = 1;   // of a row, or of a strip
    int32_t height = 1;  // columns: lines that a block reads at once
    int32_t fold = 1;    // columns: lines taken as one
    int64_t tile = 1;    // rows: elements; columns: (folded) lines
    // Where rows share runs of memory: the elements of a run that belong to one row, which a tile
    // has whole (short planes of several samples; one element of neighbouring cells of columns).
    // Else 0.
    int64_t plane = 0;
    int64_t chunk_tiles = 1;  // rows; tiles of columns are dealt out to chunks in turn
    int64_t chunks = 1;
    int64_t line_cells = 1;    // of columns: neighbouring cells in memory; else 1
    bool single_tile = false;  // rows: a cell fits the registers of its lanes

    // Partial results of one kind for the whole tensor.
    int64_t partials(const Problem &problem) const { return chunks * problem.cells * fold; }
};

// A longer axis of elements is taken as two axes: kernels/tensor/axes.cuh counts in 32 bits.
inline constexpr int64_t kLongAxis = int64_t{1} << 29;

// The least power of two that is not below `value`.
int64_t power_of_two_up(int64_t value);

// Elements of 16 bytes.
int64_t vector_width(jsnormDataType_t type);

// view: of the tensors that are reduced together. by_element: dgamma and dbeta of elements are
// summed in the same pass. Every chunk of a row is then a tile, and so few lanes share it that the
// sums of a block fit the shared memory of every device.
Tree make_tree(const Problem &problem, const View &view, bool by_element = false);

// For a pass that gives its result to every element: no bit depends on its lanes.
Tree make_apply_tree(const Problem &problem, const View &view);

// For groups that stay on chip: in column layouts, too, lanes share a cell as if it were a row.
// sums_elements: rows by themselves, whose lanes keep dgamma and dbeta in registers if they can.
Tree make_group_tree(const Problem &problem, const View &view, bool sums_elements = false);

// The most partial results that any layout of x and any smaller batch would have.
int64_t max_partials(const Problem &problem);

// Of columns: (folded) lines; strips of a line, and of the whole tensor.
int64_t column_lines(const Problem &problem, const Tree &tree);
int64_t column_strips(const Problem &problem, const Tree &tree);
int64_t all_column_strips(const Problem &problem, const Tree &tree);
// Tiles of a block of an apply kernel of columns, and into how many parts they divide a strip. Any
// number gives the same bits.
int64_t apply_tiles(const Problem &problem, const Tree &tree);
int64_t apply_parts(const Problem &problem, const Tree &tree);

int32_t row_threads(const Tree &tree);  // of a block of rows
int64_t rows_at_once(const Tree &tree);

// Whether lines of cells follow each other without gaps in every operand.
bool is_flat(const View &view);

}  // namespace jsnorm::cuda
