// SPDX-License-Identifier: Apache-2.0
//
// The setters of a norm descriptor as data, and a window on what was set.
#pragma once

#include "tests/api/call.hpp"

#include <functional>

namespace jsnorm::test::api {

using Norm = jsnormNormDescriptor_t;

// One setter call: what it is, the kind of norm it is for, and what must come of it.
struct Setting {
    const char *function;
    jsnormNormKind_t kind;
    std::function<jsnormStatus_t(Norm)> set;
    jsnormStatus_t status = JSNORM_STATUS_SUCCESS;
    std::vector<std::string> mentions = {};
};

inline Setting estimators(jsnormEstimator_t mean, jsnormEstimator_t variance) {
    return {"jsnormSetNormEstimators", JSNORM_BATCH_NORM,
            [=](Norm norm) { return jsnormSetNormEstimators(norm, mean, variance); }};
}
inline Setting lambda(double value) {
    return {"jsnormSetNormLambda", JSNORM_BATCH_NORM,
            [=](Norm norm) { return jsnormSetNormLambda(norm, value); }};
}
inline Setting epsilon(double value) {
    return {"jsnormSetNormEpsilon", JSNORM_BATCH_NORM,
            [=](Norm norm) { return jsnormSetNormEpsilon(norm, value); }};
}
inline Setting effective_fraction(double value) {
    return {"jsnormSetNormEffectiveFraction", JSNORM_BATCH_NORM,
            [=](Norm norm) { return jsnormSetNormEffectiveFraction(norm, value); }};
}
inline Setting activation(jsnormActivation_t value) {
    return {"jsnormSetNormActivation", JSNORM_BATCH_NORM,
            [=](Norm norm) { return jsnormSetNormActivation(norm, value); }};
}
inline Setting axis(int32_t value) {
    return {"jsnormSetNormFirstNormalizedAxis", JSNORM_LAYER_NORM,
            [=](Norm norm) { return jsnormSetNormFirstNormalizedAxis(norm, value); }};
}
inline Setting statistics_per_group(int64_t value) {
    return {"jsnormSetNormStatisticsPerGroup", JSNORM_LAYER_NORM,
            [=](Norm norm) { return jsnormSetNormStatisticsPerGroup(norm, value); }};
}
inline Setting group_count(int64_t value) {
    return {"jsnormSetNormGroupCount", JSNORM_GROUP_NORM,
            [=](Norm norm) { return jsnormSetNormGroupCount(norm, value); }};
}
inline Setting running(jsnormRunningMode_t mode, jsnormRunningVariance_t variance) {
    return {"jsnormSetNormRunningStatistics", JSNORM_BATCH_NORM,
            [=](Norm norm) { return jsnormSetNormRunningStatistics(norm, mode, variance); }};
}
inline Setting scope(jsnormParameterGradientScope_t value) {
    return {"jsnormSetNormParameterGradientScope", JSNORM_BATCH_NORM,
            [=](Norm norm) { return jsnormSetNormParameterGradientScope(norm, value); }};
}

// One good call of every setter.
inline std::vector<Setting> every_setter() {
    return {estimators(JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE),
            lambda(0.5),
            epsilon(1e-3),
            effective_fraction(0.5),
            activation(JSNORM_ACTIVATION_RELU),
            axis(1),
            statistics_per_group(2),
            group_count(5),
            running(JSNORM_RUNNING_RAW, JSNORM_RUNNING_VARIANCE_BIASED),
            scope(JSNORM_PARAMETER_GRADIENT_GLOBAL)};
}

// Forward training of a fixed problem, as bytes: the only window on most of the settings.
inline std::vector<std::byte> forward(jsnormHandle_t handle, jsnormNormKind_t kind, Norm norm) {
    Problem problem;
    problem.kind = kind;
    Call call(handle, operation(JSNORM_FORWARD_TRAINING), problem);
    call.set_pointer("mask", nullptr);  // the norm may be without activation
    call.set_descriptor("parameter_desc", nullptr);
    size_t bytes = 0;
    require(jsnormGetWorkspaceSize(handle, norm, call.x_desc, JSNORM_FORWARD_TRAINING, &bytes));
    Workspace workspace(bytes);
    call.set_workspace(workspace.data(), bytes);
    require(call.run(handle, norm));
    return call.outputs();
}

}  // namespace jsnorm::test::api
