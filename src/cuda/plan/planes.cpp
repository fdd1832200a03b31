// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/planes.hpp"

#include <algorithm>
#include <cstdlib>

#include "kernels/math/limits.cuh"
#include "src/cuda/plan/tuning.hpp"

namespace jsnorm::cuda {

using gpu::divide_up;
using gpu::kPlaneThreads;
using gpu::kWarp;
using gpu::round_up;
using gpu::RowAccess;

int64_t PlaneCut::blocks(const Problem &problem) const {
    return divide_up(units(problem), kPlaneThreads / kWarp);
}

PlaneCut cut_planes(const Problem &problem, const View &view) {
    PlaneCut cut;
    const int64_t elements = view.elements.inner_size();
    cut.samples = problem.cell_elements / elements;
    cut.vectors = elements / vector_width(problem.type);
    const int64_t pieces = divide_up(cut.vectors, kPlanePieceVectors);
    cut.piece_vectors = round_up(divide_up(cut.vectors, pieces), kWarp);
    cut.pieces = divide_up(cut.vectors, cut.piece_vectors);
    return cut;
}

namespace {

// Distances in a chunk are counted in 32 bits.
bool are_near(const View &view, const Tree &tree) {
    if (view.elements.count == 1) return true;
    const int64_t plane = view.elements.inner_size();
    const int64_t samples = tree.tile * tree.chunk_tiles / plane + 2;
    for (int32_t t = 0; t < view.operands; ++t) {
        const int64_t step = std::max<int64_t>(std::abs(view.elements.stride[0][t]), plane);
        if (step >= kLongAxis / samples) return false;
    }
    return true;
}

}  // namespace

bool are_planes(const Problem &problem, const View &view, RowAccess access) {
    if (access != RowAccess::kVectors || problem.parameter_per_element) return false;
    // Lanes that a plane leaves idle are at most a quarter.
    const int64_t vectors = view.elements.inner_size() / vector_width(problem.type);
    return vectors < kLongAxis && 4 * vectors >= 3 * round_up(vectors, kWarp);
}

bool are_summed_planes(const Problem &problem, const View &view, const Tree &tree,
                       RowAccess access) {
    const int64_t vectors = view.elements.inner_size() / vector_width(problem.type);
    return access == RowAccess::kVectors && !problem.parameter_per_element && !tree.single_tile &&
           tree.lanes == kWarp && vectors >= kWarp &&
           vectors < kLongAxis / vector_width(problem.type) && are_near(view, tree);
}

int64_t sum_blocks(const Problem &problem, const Tree &tree) {
    return divide_up(problem.cells * tree.chunks, kPlaneThreads / kWarp);
}

}  // namespace jsnorm::cuda
