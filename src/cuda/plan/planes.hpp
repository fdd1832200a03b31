// SPDX-License-Identifier: Apache-2.0
// Rows whose elements are planes of whole vectors, which kernels of planes serve: a function of the
// layouts and of whether pointers are aligned. Affects speed, never bits.
#pragma once

#include "src/cuda/plan/access.hpp"

namespace jsnorm::cuda {

// How planes are cut: a cell has `samples` of them.
struct PlaneCut {
    int64_t samples = 1;
    int64_t vectors = 0;        // of a plane
    int64_t piece_vectors = 0;  // what a warp takes at once
    int64_t pieces = 0;         // of a plane

    int64_t units(const Problem &problem) const { return problem.cells * samples * pieces; }
    int64_t blocks(const Problem &problem) const;  // with a warp for each unit
};

PlaneCut cut_planes(const Problem &problem, const View &view);

// Whether kernels of planes serve a pass: one that gives its result to every element, or one that
// sums up. access: of the same pass.
bool are_planes(const Problem &problem, const View &view, gpu::RowAccess access);
bool are_summed_planes(const Problem &problem, const View &view, const Tree &tree,
                       gpu::RowAccess access);

// Of a pass that sums up: with a warp for each chunk.
int64_t sum_blocks(const Problem &problem, const Tree &tree);

}  // namespace jsnorm::cuda
