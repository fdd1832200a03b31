// SPDX-License-Identifier: Apache-2.0
// How kernels access tensors that a tree has cut: a function of the layouts and of whether pointers
// are aligned. Affects speed, never bits.
#pragma once

#include "kernels/rows/block_memory.cuh"
#include "src/cuda/plan/tree.hpp"

namespace jsnorm::cuda {

// Whether a 16-byte vector of the tree's kind is one access in every operand. aligned: data
// pointers are multiples of 16 bytes.
bool allows_vectors(const Problem &problem, const View &view, const Tree &tree, bool aligned);

// For kernels of rows.
gpu::RowAccess row_access(const Problem &problem, const View &view, const Tree &tree, bool aligned);

// Where rows of a block share a run of memory: the elements of the run that belong to one row, and
// the distance from run to run in the image in shared memory, chosen so that lanes that go on to
// the next run meet no bank conflict.
int64_t shared_run(const Problem &problem, const Tree &tree);
int64_t image_spacing(const Problem &problem, const Tree &tree);
int64_t image_bytes(const Problem &problem, const Tree &tree);

// Whether every word of the mask is written by neighbouring lanes of one warp alone. view: operand
// 0 is x.
bool owns_mask_words(const Problem &problem, const View &view, const Tree &tree, bool vectors);

}  // namespace jsnorm::cuda
