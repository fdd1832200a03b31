// SPDX-License-Identifier: Apache-2.0
// The one list of kernels. Kernels of rows are compiled for each type of x (those of plain layers:
// not for double) and each number of lanes of a row (JSNORM_LAUNCH_ROWS says which); kernels of
// columns for each type of x and each ColumnPath (src/cuda/launch/columns.cu); those of planes and
// finalize kernels for each type of x. Everything else about a problem is decided at run time.
#pragma once

// X(kernel, its arguments)
#define JSNORM_ROWS_KERNELS(X)                \
    X(rows_statistics, RowsStatistics)        \
    X(rows_apply_forward, RowsApplyForward)   \
    X(rows_fused_forward, RowsFusedForward)   \
    X(rows_gradient_sums, RowsGradientSums)   \
    X(rows_apply_backward, RowsApplyBackward) \
    X(rows_fused_backward, RowsFusedBackward)

// Those of plain layers, which leave double to the fused kernels.
#define JSNORM_LAYER_KERNELS(X)             \
    X(rows_layer_forward, RowsLayerForward) \
    X(rows_layer_backward, RowsLayerBackward)

#define JSNORM_COLUMNS_KERNELS(X)                 \
    X(columns_statistics, ColumnsStatistics)      \
    X(columns_apply_forward, ColumnsApplyForward) \
    X(columns_gradient_sums, ColumnsGradientSums) \
    X(columns_apply_backward, ColumnsApplyBackward)

#define JSNORM_PLANES_KERNELS(X)                \
    X(planes_statistics, PlanesStatistics)      \
    X(planes_apply_forward, PlanesApplyForward) \
    X(planes_gradient_sums, PlanesGradientSums) \
    X(planes_apply_backward, PlanesApplyBackward)

#define JSNORM_FINALIZE_KERNELS(X)         \
    X(finalize_forward, FinalizeForward)   \
    X(finalize_backward, FinalizeBackward) \
    X(finalize_zero_gradients, FinalizeZeroGradients)

#define JSNORM_TYPES(X) X(float) X(double) X(Half) X(BFloat16)
#define JSNORM_LAYER_TYPES(X) X(float) X(Half) X(BFloat16)
#define JSNORM_ROW_LANES(X) X(8) X(32) X(128) X(256)
// Where no bit depends on them, fewer do: the most are src/cuda/plan/tuning.hpp's kMaxApplyLanes.
#define JSNORM_ROW_APPLY_LANES(X) X(8) X(32)
