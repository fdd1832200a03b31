// SPDX-License-Identifier: Apache-2.0
// Written by tools/bindings/rust_bindings.py from api/jsnorm_api.json. Do not edit.
//! Structs lie in memory as a C compiler laid them.

use jsnorm_sys::*;
use std::mem::{offset_of, size_of};

#[test]
fn enumerations_are_four_bytes() {
    assert_eq!(size_of::<jsnormStatus_t>(), 4);
    assert_eq!(size_of::<jsnormLogLevel_t>(), 4);
    assert_eq!(size_of::<jsnormBackend_t>(), 4);
    assert_eq!(size_of::<jsnormDataType_t>(), 4);
    assert_eq!(size_of::<jsnormNormKind_t>(), 4);
    assert_eq!(size_of::<jsnormEstimator_t>(), 4);
    assert_eq!(size_of::<jsnormActivation_t>(), 4);
    assert_eq!(size_of::<jsnormRunningMode_t>(), 4);
    assert_eq!(size_of::<jsnormRunningVariance_t>(), 4);
    assert_eq!(size_of::<jsnormParameterGradientScope_t>(), 4);
    assert_eq!(size_of::<jsnormOperation_t>(), 4);
    assert_eq!(size_of::<jsnormRecordFormat_t>(), 4);
}

#[test]
fn memory_traffic_lies_as_in_c() {
    assert_eq!(size_of::<jsnormMemoryTraffic_t>(), 40);
    assert_eq!(offset_of!(jsnormMemoryTraffic_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormMemoryTraffic_t, least_tensor_bytes), 8);
    assert_eq!(offset_of!(jsnormMemoryTraffic_t, planned_tensor_bytes), 16);
    assert_eq!(offset_of!(jsnormMemoryTraffic_t, parameter_bytes), 24);
    assert_eq!(offset_of!(jsnormMemoryTraffic_t, partial_sum_bytes), 32);
}

#[test]
fn forward_training_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormForwardTrainingArgs_t>(), 192);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, z_desc), 24);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, z), 32);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, y_desc), 40);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, y), 48);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, parameter_desc), 56);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, gamma), 64);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, beta), 72);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, saved_mean), 80);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, saved_variance), 88);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, shrunk_mean), 96);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, shrunk_variance), 104);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, running_desc), 112);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, running_mean), 120);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, running_variance), 128);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, next_running_mean), 136);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, next_running_variance), 144);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, factor), 152);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, step), 160);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, mask), 168);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, workspace), 176);
    assert_eq!(offset_of!(jsnormForwardTrainingArgs_t, workspace_bytes), 184);
}

#[test]
fn forward_inference_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormForwardInferenceArgs_t>(), 136);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, z_desc), 24);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, z), 32);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, y_desc), 40);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, y), 48);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, parameter_desc), 56);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, gamma), 64);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, beta), 72);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, running_desc), 80);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, running_mean), 88);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, running_variance), 96);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, running_element_count), 104);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, mask), 112);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, workspace), 120);
    assert_eq!(offset_of!(jsnormForwardInferenceArgs_t, workspace_bytes), 128);
}

#[test]
fn backward_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormBackwardArgs_t>(), 152);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dy_desc), 24);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dy), 32);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, parameter_desc), 40);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, gamma), 48);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, beta), 56);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, saved_mean), 64);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, saved_variance), 72);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, mask), 80);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dx_desc), 88);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dx), 96);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dgamma), 104);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dbeta), 112);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dz_desc), 120);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, dz), 128);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, workspace), 136);
    assert_eq!(offset_of!(jsnormBackwardArgs_t, workspace_bytes), 144);
}

#[test]
fn backward_fixed_statistics_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormBackwardFixedStatisticsArgs_t>(), 168);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dy_desc), 24);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dy), 32);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, parameter_desc), 40);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, gamma), 48);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, beta), 56);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, running_desc), 64);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, running_mean), 72);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, running_variance), 80);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, running_element_count), 88);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, mask), 96);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dx_desc), 104);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dx), 112);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dgamma), 120);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dbeta), 128);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dz_desc), 136);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, dz), 144);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, workspace), 152);
    assert_eq!(offset_of!(jsnormBackwardFixedStatisticsArgs_t, workspace_bytes), 160);
}

#[test]
fn record_header_lies_as_in_c() {
    assert_eq!(size_of::<jsnormRecordHeader_t>(), 16);
    assert_eq!(offset_of!(jsnormRecordHeader_t, count), 0);
    assert_eq!(offset_of!(jsnormRecordHeader_t, format), 8);
    assert_eq!(offset_of!(jsnormRecordHeader_t, statistics_per_group), 12);
}

#[test]
fn forward_statistics_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormForwardStatisticsArgs_t>(), 56);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, record), 24);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, record_format), 32);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, reserved), 36);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, workspace), 40);
    assert_eq!(offset_of!(jsnormForwardStatisticsArgs_t, workspace_bytes), 48);
}

#[test]
fn forward_finalize_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormForwardFinalizeArgs_t>(), 160);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, records), 16);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, record_count), 24);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, record_format), 32);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, reserved), 36);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, saved_mean), 40);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, saved_variance), 48);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, shrunk_mean), 56);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, shrunk_variance), 64);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, total_count), 72);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, running_desc), 80);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, running_mean), 88);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, running_variance), 96);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, next_running_mean), 104);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, next_running_variance), 112);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, factor), 120);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, step), 128);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, coefficients), 136);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, workspace), 144);
    assert_eq!(offset_of!(jsnormForwardFinalizeArgs_t, workspace_bytes), 152);
}

#[test]
fn forward_apply_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormForwardApplyArgs_t>(), 112);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, z_desc), 24);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, z), 32);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, y_desc), 40);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, y), 48);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, parameter_desc), 56);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, gamma), 64);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, beta), 72);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, coefficients), 80);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, mask), 88);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, workspace), 96);
    assert_eq!(offset_of!(jsnormForwardApplyArgs_t, workspace_bytes), 104);
}

#[test]
fn backward_reduce_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormBackwardReduceArgs_t>(), 112);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, dy_desc), 24);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, dy), 32);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, parameter_desc), 40);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, gamma), 48);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, beta), 56);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, saved_mean), 64);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, coefficients), 72);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, mask), 80);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, sums), 88);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, workspace), 96);
    assert_eq!(offset_of!(jsnormBackwardReduceArgs_t, workspace_bytes), 104);
}

#[test]
fn backward_finalize_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormBackwardFinalizeArgs_t>(), 120);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, local_sums), 16);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, global_sums), 24);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, record_count), 32);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, total_count), 40);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, parameter_desc), 48);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, gamma), 56);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, saved_mean), 64);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, saved_variance), 72);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, dgamma), 80);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, dbeta), 88);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, coefficients), 96);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, workspace), 104);
    assert_eq!(offset_of!(jsnormBackwardFinalizeArgs_t, workspace_bytes), 112);
}

#[test]
fn backward_apply_args_lies_as_in_c() {
    assert_eq!(size_of::<jsnormBackwardApplyArgs_t>(), 136);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, struct_size), 0);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, x_desc), 8);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, x), 16);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, dy_desc), 24);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, dy), 32);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, parameter_desc), 40);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, gamma), 48);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, beta), 56);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, forward_coefficients), 64);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, backward_coefficients), 72);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, mask), 80);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, dx_desc), 88);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, dx), 96);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, dz_desc), 104);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, dz), 112);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, workspace), 120);
    assert_eq!(offset_of!(jsnormBackwardApplyArgs_t, workspace_bytes), 128);
}
