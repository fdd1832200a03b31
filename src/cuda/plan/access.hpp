// SPDX-License-Identifier: Apache-2.0
// How kernels come to tensors that a tree has cut: a function of the layouts and of whether
// pointers are aligned. It changes how fast a result is there, and no bit of it.
#pragma once

#include "kernels/rows/block_memory.cuh"
#include "src/cuda/plan/tree.hpp"

namespace jsnorm::cuda {

// A 16-byte vector of the tree's kind is one access in every operand: `aligned` says that the data
// pointers allow it.
bool allows_vectors(const Problem &problem, const View &view, const Tree &tree, bool aligned);

// Of rows.
gpu::RowAccess row_access(const Problem &problem, const View &view, const Tree &tree, bool aligned);

// Rows of a block that share a run of memory: elements of a run of one of them, and in the image
// from run to run, so that lanes that go on from one to the next keep to the order of banks.
int64_t shared_run(const Problem &problem, const Tree &tree);
int64_t image_spacing(const Problem &problem, const Tree &tree);
int64_t image_bytes(const Problem &problem, const Tree &tree);

// Words of the mask do not straddle what neighbouring lanes of one warp write together. view: with
// x as operand 0.
bool owns_mask_words(const Problem &problem, const View &view, const Tree &tree, bool vectors);

// Units of work of a kernel of columns: chunks of strips.
int64_t column_strips(const Problem &problem, const Tree &tree);  // of a line
int64_t column_units(const Problem &problem, const Tree &tree);
// Dynamic shared memory of a kernel of columns that may have to gather a tile of so many steps of
// lines element by element.
size_t column_staging_bytes(const Problem &problem, const Tree &tree, bool vectors, int lines);

}  // namespace jsnorm::cuda
