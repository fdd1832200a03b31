// SPDX-License-Identifier: Apache-2.0
// The one list of kernels. Rows: compiled for each type of x and each number of lanes of a row;
// columns and those of T: for each type of x; those of Acc: for each type of arithmetic. Everything
// else about a problem is told apart at run time.
#pragma once

// X(kernel, its arguments)
#define JSNORM_ROWS_KERNELS(X)                \
    X(rows_statistics, RowsStatistics)        \
    X(rows_apply_forward, RowsApplyForward)   \
    X(rows_forward, RowsForward)              \
    X(rows_gradient_sums, RowsGradientSums)   \
    X(rows_apply_backward, RowsApplyBackward) \
    X(rows_backward, RowsBackward)

#define JSNORM_COLUMNS_KERNELS(X)                 \
    X(columns_statistics, ColumnsStatistics)      \
    X(columns_apply_forward, ColumnsApplyForward) \
    X(columns_gradient_sums, ColumnsGradientSums) \
    X(columns_apply_backward, ColumnsApplyBackward)

#define JSNORM_FINALIZE_KERNELS_OF_T(X)             \
    X(widen_parameters, WidenParameters)            \
    X(finalize_backward, FinalizeBackward)          \
    X(slice_gradients, FinalizeBackward)            \
    X(parameter_gradients, ParameterGradients)      \
    X(sum_parameter_partials, SumParameterPartials) \
    X(zero_gradients, ZeroGradients)

#define JSNORM_FINALIZE_KERNELS_OF_ACC(X) \
    X(finalize_forward, FinalizeForward)  \
    X(write_centres, WriteCentres)

#define JSNORM_FINALIZE_KERNELS(X) \
    X(merge_moments, MergeMoments) \
    X(merge_sums, MergeSums)       \
    X(slice_sums, SliceSums)       \
    X(widen_running, WidenRunning) \
    X(write_record, WriteRecord)   \
    X(merge_records, MergeRecords) \
    X(clear_mask, ClearMask)

#define JSNORM_TYPES(X) X(float) X(double) X(Half) X(BFloat16)
#define JSNORM_ROW_LANES(X) X(8) X(32) X(128) X(256)
