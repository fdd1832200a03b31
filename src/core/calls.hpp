// SPDX-License-Identifier: Apache-2.0
// A checked operation as a backend receives it: the caller's arguments, with the types of arrays
// resolved.
#pragma once

#include "src/core/problem.hpp"

namespace jsnorm {

// A tensor of the caller. If it was not given, data is NULL and the layout is x's.
struct Tensor {
    void *data = nullptr;
    Layout layout;
};

struct ConstTensor {
    const void *data = nullptr;
    Layout layout;
};

struct Parameters {
    const void *gamma = nullptr;
    const void *beta = nullptr;
    jsnormDataType_t type = JSNORM_FLOAT;
};

struct ParameterGradients {
    void *dgamma = nullptr;
    void *dbeta = nullptr;
    jsnormDataType_t type = JSNORM_FLOAT;
};

struct RunningStatistics {
    const void *mean = nullptr;
    const void *variance = nullptr;
    jsnormDataType_t type = JSNORM_FLOAT;
    int64_t element_count = 0;  // R of the batches that were accumulated
};

struct RunningUpdate {
    const void *mean = nullptr;
    const void *variance = nullptr;
    void *next_mean = nullptr;
    void *next_variance = nullptr;
    jsnormDataType_t type = JSNORM_FLOAT;
    double factor = 0;
    const int64_t *step = nullptr;
};

// The caller's arrays for statistics; each may be NULL.
struct StatisticOutputs {
    double *saved_mean = nullptr;
    double *saved_variance = nullptr;
    double *shrunk_mean = nullptr;
    double *shrunk_variance = nullptr;
};

struct ForwardTrainingCall {
    ConstTensor x, z;
    Tensor y;
    Parameters parameters;
    StatisticOutputs statistics;
    RunningUpdate running;
    uint32_t *mask = nullptr;
};

struct ForwardInferenceCall {
    ConstTensor x, z;
    Tensor y;
    Parameters parameters;
    RunningStatistics running;
    uint32_t *mask = nullptr;
};

struct BackwardCall {
    ConstTensor x, dy;
    Tensor dx, dz;
    Parameters parameters;
    ParameterGradients gradients;
    const double *saved_mean = nullptr;
    const double *saved_variance = nullptr;
    RunningStatistics running;  // if fixed: used instead of the saved statistics
    bool fixed = false;
    const uint32_t *mask = nullptr;
};

struct ForwardStatisticsCall {
    ConstTensor x;
    void *record = nullptr;
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
};

struct ForwardFinalizeCall {
    const void *records = nullptr;
    int64_t record_count = 0;
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
    StatisticOutputs statistics;
    int64_t *total_count = nullptr;
    RunningUpdate running;
    void *coefficients = nullptr;
};

struct ForwardApplyCall {
    ConstTensor x, z;
    Tensor y;
    Parameters parameters;
    const void *coefficients = nullptr;
    uint32_t *mask = nullptr;
};

struct BackwardReduceCall {
    ConstTensor x, dy;
    Parameters parameters;
    const double *saved_mean = nullptr;
    const void *coefficients = nullptr;
    const uint32_t *mask = nullptr;
    double *sums = nullptr;
};

struct BackwardFinalizeCall {
    const double *local_sums = nullptr;
    const double *global_sums = nullptr;
    int64_t record_count = 1;  // of global_sums
    const int64_t *total_count = nullptr;
    Parameters parameters;
    const double *saved_mean = nullptr;
    const double *saved_variance = nullptr;
    ParameterGradients gradients;
    void *coefficients = nullptr;
};

struct BackwardApplyCall {
    ConstTensor x, dy;
    Tensor dx, dz;
    Parameters parameters;
    const void *forward_coefficients = nullptr;
    const void *backward_coefficients = nullptr;
    const uint32_t *mask = nullptr;
};

}  // namespace jsnorm
