// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/planes.hpp"

#include <algorithm>

#include "kernels/math/limits.cuh"
#include "src/cuda/plan/tuning.hpp"

namespace jsnorm::cuda {

using gpu::divide_up;
using gpu::kWarp;
using gpu::round_up;

int64_t PlaneCut::blocks(const Problem &problem) const {
    return divide_up(units(problem), gpu::kPlaneThreads / kWarp);
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

bool are_planes(const Problem &problem, const View &view, gpu::RowAccess access) {
    if (access != gpu::RowAccess::kVectors || problem.parameter_per_element) return false;
    // Lanes that a plane leaves idle are at most a quarter.
    const int64_t vectors = view.elements.inner_size() / vector_width(problem.type);
    return vectors < kLongAxis && 4 * vectors >= 3 * round_up(vectors, kWarp);
}

}  // namespace jsnorm::cuda
