// SPDX-License-Identifier: Apache-2.0
// Sizes on which plans and kernels must agree: threads of a block, what one thread holds, and how
// much shared memory a group of rows takes.
#pragma once

#include "kernels/math/portable.cuh"

namespace jsnorm::gpu {

JSNORM_HD constexpr int64_t divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

JSNORM_HD constexpr int64_t round_up(int64_t value, int64_t step) {
    return divide_up(value, step) * step;
}

inline constexpr int kWarp = 32;
inline constexpr int kVectorBytes = 16;  // of the widest access

// ---- Rows ---------------------------------------------------------------------------------------

inline constexpr int kTileVectors = 8;        // vectors of 16 bytes of a tile that a lane holds
inline constexpr int kLeastRowThreads = 128;  // of a block; a row may have more lanes

// Vectors of a row that a lane of rows_layer_backward holds, with their dgamma and dbeta.
inline constexpr int kLayerVectors = 4;

JSNORM_HD constexpr int row_threads(int lanes) {
    return lanes < kLeastRowThreads ? kLeastRowThreads : lanes;
}
JSNORM_HD constexpr int rows_per_block(int lanes) {
    return row_threads(lanes) / lanes;
}

// Arrays in lane order (kernels/tensor/lane_order.cuh) are padded to a multiple of this.
inline constexpr int kLaneOrderRun = 64;

// Coefficients of a statistic that a fused block keeps (GroupEntry in
// kernels/rows/fused_block.cuh).
inline constexpr int kGroupCoefficients = 7;

// Shared memory of a group of rows in a fused block: two doubles for each row and each statistic,
// and the coefficients of each statistic.
JSNORM_HD constexpr int64_t group_bytes(int64_t cells, int64_t statistics, int64_t value_bytes) {
    const int64_t bytes = 16 * (cells + statistics) + kGroupCoefficients * statistics * value_bytes;
    return ((bytes + 15) / 16 | 1) * 16;  // odd: neighbouring groups begin in different banks
}

// ---- Planes
// --------------------------------------------------------------------------------------

inline constexpr int kPlaneThreads = 256;

// ---- Columns ------------------------------------------------------------------------------------

inline constexpr int kColumnThreads = 256;
inline constexpr int kTileLines = 4;   // lines of a tile that a thread holds
inline constexpr int kMostLanes = 32;  // of a strip

// ---- Finalize -----------------------------------------------------------------------------------

inline constexpr int kFinalizeThreads = 256;
inline constexpr int kMostShares = 32;             // threads that share a statistic's parts
inline constexpr int64_t kSliceStatistics = 4096;  // longer vectors are summed in slices
inline constexpr int kParametersPerBlock = 32;     // finalize_parameter_partials

}  // namespace jsnorm::gpu
