// SPDX-License-Identifier: Apache-2.0
// The getters of a norm descriptor: each answers what its setter has set.
#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"
#include "src/api/norm_kinds.hpp"

namespace jsnorm {

namespace {

jsnormStatus_t check_any(const NormConfig &) {
    return JSNORM_STATUS_SUCCESS;
}

// The body of a getter of one value.
template <class Check, class Value>
jsnormStatus_t get(const char *function, jsnormNormDescriptor_t desc, const Check &check_fits,
                   Value NormConfig::*member, const char *name, Value *value) {
    return entry(function, [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(desc, "desc"));
        JSNORM_TRY(check_fits(desc->config));
        JSNORM_REQUIRE(value != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL", name);
        *value = desc->config.*member;
        return JSNORM_STATUS_SUCCESS;
    });
}

// The body of a getter of two values, each of which may be left out.
template <class Check, class First, class Second>
jsnormStatus_t get(const char *function, jsnormNormDescriptor_t desc, const Check &check_fits,
                   First NormConfig::*first_member, First *first, Second NormConfig::*second_member,
                   Second *second) {
    return entry(function, [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(desc, "desc"));
        JSNORM_TRY(check_fits(desc->config));
        if (first != nullptr) *first = desc->config.*first_member;
        if (second != nullptr) *second = desc->config.*second_member;
        return JSNORM_STATUS_SUCCESS;
    });
}

}  // namespace

}  // namespace jsnorm

using jsnorm::NormConfig;

jsnormStatus_t jsnormGetNormKind(jsnormNormDescriptor_t desc, jsnormNormKind_t *kind) {
    return jsnorm::get("jsnormGetNormKind", desc, jsnorm::check_any, &NormConfig::kind, "kind",
                       kind);
}

jsnormStatus_t jsnormGetNormEstimators(jsnormNormDescriptor_t desc,
                                       jsnormEstimator_t *mean_estimator,
                                       jsnormEstimator_t *variance_estimator) {
    return jsnorm::get("jsnormGetNormEstimators", desc, jsnorm::check_any,
                       &NormConfig::mean_estimator, mean_estimator, &NormConfig::variance_estimator,
                       variance_estimator);
}

jsnormStatus_t jsnormGetNormLambda(jsnormNormDescriptor_t desc, double *lambda) {
    return jsnorm::get("jsnormGetNormLambda", desc, jsnorm::check_any, &NormConfig::lambda,
                       "lambda", lambda);
}

jsnormStatus_t jsnormGetNormEpsilon(jsnormNormDescriptor_t desc, double *epsilon) {
    return jsnorm::get("jsnormGetNormEpsilon", desc, jsnorm::check_any, &NormConfig::epsilon,
                       "epsilon", epsilon);
}

jsnormStatus_t jsnormGetNormEffectiveFraction(jsnormNormDescriptor_t desc, double *fraction) {
    return jsnorm::get("jsnormGetNormEffectiveFraction", desc, jsnorm::check_any,
                       &NormConfig::effective_fraction, "fraction", fraction);
}

jsnormStatus_t jsnormGetNormActivation(jsnormNormDescriptor_t desc,
                                       jsnormActivation_t *activation) {
    return jsnorm::get("jsnormGetNormActivation", desc, jsnorm::check_any, &NormConfig::activation,
                       "activation", activation);
}

jsnormStatus_t jsnormGetNormFirstNormalizedAxis(jsnormNormDescriptor_t desc, int32_t *axis) {
    return jsnorm::get("jsnormGetNormFirstNormalizedAxis", desc, jsnorm::check_layer,
                       &NormConfig::first_normalized_axis, "axis", axis);
}

jsnormStatus_t jsnormGetNormStatisticsPerGroup(jsnormNormDescriptor_t desc,
                                               int64_t *statistics_per_group) {
    return jsnorm::get("jsnormGetNormStatisticsPerGroup", desc, jsnorm::check_layer,
                       &NormConfig::statistics_per_group, "statistics_per_group",
                       statistics_per_group);
}

jsnormStatus_t jsnormGetNormGroupCount(jsnormNormDescriptor_t desc, int64_t *group_count) {
    return jsnorm::get("jsnormGetNormGroupCount", desc, jsnorm::check_group,
                       &NormConfig::group_count, "group_count", group_count);
}

jsnormStatus_t jsnormGetNormRunningStatistics(jsnormNormDescriptor_t desc,
                                              jsnormRunningMode_t *mode,
                                              jsnormRunningVariance_t *variance) {
    return jsnorm::get("jsnormGetNormRunningStatistics", desc, jsnorm::check_batch,
                       &NormConfig::running_mode, mode, &NormConfig::running_variance, variance);
}

jsnormStatus_t jsnormGetNormParameterGradientScope(jsnormNormDescriptor_t desc,
                                                   jsnormParameterGradientScope_t *scope) {
    return jsnorm::get("jsnormGetNormParameterGradientScope", desc, jsnorm::check_batch,
                       &NormConfig::gradient_scope, "scope", scope);
}
