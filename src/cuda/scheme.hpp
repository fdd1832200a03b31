// SPDX-License-Identifier: Apache-2.0
// Which kernels an operation takes: a pure function of the problem, the layouts and the device.
//
// Fused: nothing couples the rows, and a row fits the registers of its lanes; one read, one write.
// Streaming: statistics, finalize, apply; the tensor is read twice.
// Schemes that would keep a coupled group on chip (one block, a cluster, the whole GPU) go here.
#pragma once

#include "src/core/device.hpp"
#include "src/cuda/tree.hpp"

namespace jsnorm::cuda {

enum class Scheme { kFused, kStreaming };

inline Scheme forward_scheme(const Problem &problem, const Tree &tree) {
    const bool alone = problem.statistics == 1 && !is_batch_kind(problem.norm.kind) &&
                       problem.cells_per_statistic == 1;
    return alone && !tree.columns && tree.single_tile ? Scheme::kFused : Scheme::kStreaming;
}

// 16-byte vectors that each lane needs for a row of `elements`, which fit a tile.
inline int64_t lane_vectors(const Problem &problem, const Tree &tree, int64_t elements) {
    const int64_t step = tree.lanes * vector_width(problem.type);
    return (elements + step - 1) / step;
}

// Dynamic shared memory of the kernels that sum dgamma and dbeta of elements.
inline size_t parameter_sum_bytes(const Problem &problem, const Tree &tree) {
    if (!problem.parameter_per_element) return 0;
    const int64_t threads = tree.lanes < 128 ? 128 : tree.lanes;
    const int64_t elements = problem.cell_elements < tree.tile ? problem.cell_elements : tree.tile;
    const int64_t values =
        2 * lane_vectors(problem, tree, elements) * vector_width(problem.type) * threads;
    return static_cast<size_t>(values) * compute_bytes(problem.type);
}

// Whether backward reads rows once: as forward, where a block's sums of dgamma and dbeta and a tile
// that may have to be gathered fit the device's shared memory.
inline bool backward_fuses(const Problem &problem, const Tree &tree, size_t shared_limit) {
    constexpr size_t kStatic = 1024;
    const auto threads = static_cast<size_t>(tree.lanes < 128 ? 128 : tree.lanes);
    const size_t staging = threads * 8 * 16;
    return forward_scheme(problem, tree) == Scheme::kFused &&
           parameter_sum_bytes(problem, tree) + staging + kStatic <= shared_limit;
}

}  // namespace jsnorm::cuda
