// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <new>

#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"
#include "src/api/norm_kinds.hpp"

namespace jsnorm {

namespace {

using ll = long long;  // for printf

// The body of every setter: checks that the descriptor is live and unused. `apply` checks the
// values and sets them.
template <class Apply>
jsnormStatus_t set(const char *function, jsnormNormDescriptor_t desc, const Apply &apply) {
    return entry(function, [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(desc, "desc"));
        JSNORM_REQUIRE(
            !desc->used.load(std::memory_order_relaxed), JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE,
            "desc = %p has been used and cannot be set any more", static_cast<void *>(desc));
        return apply(desc->config);
    });
}

template <class Enum>
jsnormStatus_t check_enum(const char *name, Enum value, Enum last) {
    JSNORM_REQUIRE(value >= 0 && value <= last, JSNORM_STATUS_BAD_PARAM,
                   "%s = %d is not in 0 to %d", name, value, last);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t check_finite(const char *name, double value) {
    JSNORM_REQUIRE(std::isfinite(value) && value >= 0, JSNORM_STATUS_BAD_PARAM,
                   "%s = %.17g is not finite and 0 or more", name, value);
    return JSNORM_STATUS_SUCCESS;
}

// A new descriptor with these settings, into the argument of this name.
jsnormStatus_t create(const NormConfig &config, jsnormNormDescriptor_t *desc, const char *name) {
    JSNORM_REQUIRE(desc != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL", name);
    auto *created = new (std::nothrow) jsnormNormDescriptorStruct;
    JSNORM_REQUIRE(created != nullptr, JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED,
                   "no memory for a descriptor");
    created->config = config;
    *desc = created;
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

}  // namespace jsnorm

using jsnorm::NormConfig;

jsnormStatus_t jsnormCreateNormDescriptor(jsnormNormDescriptor_t *desc, jsnormNormKind_t kind) {
    return jsnorm::entry("jsnormCreateNormDescriptor", [&]() -> jsnormStatus_t {
        NormConfig config;
        config.kind = kind;
        JSNORM_REQUIRE(desc != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "desc is NULL");
        JSNORM_TRY(jsnorm::check_enum("kind", kind, JSNORM_GROUP_NORM));
        return jsnorm::create(config, desc, "desc");
    });
}

jsnormStatus_t jsnormDestroyNormDescriptor(jsnormNormDescriptor_t desc) {
    return jsnorm::entry("jsnormDestroyNormDescriptor", [&]() -> jsnormStatus_t {
        if (desc == nullptr) return JSNORM_STATUS_SUCCESS;
        JSNORM_TRY(jsnorm::check_object(desc, "desc"));
        desc->magic = jsnorm::Magic{};
        delete desc;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormFinalizeNormDescriptor(jsnormNormDescriptor_t desc) {
    return jsnorm::entry("jsnormFinalizeNormDescriptor", [&]() -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_object(desc, "desc"));
        jsnorm::freeze(desc);
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormCloneNormDescriptor(jsnormNormDescriptor_t desc,
                                         jsnormNormDescriptor_t *clone) {
    return jsnorm::entry("jsnormCloneNormDescriptor", [&]() -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_object(desc, "desc"));
        return jsnorm::create(desc->config, clone, "clone");
    });
}

jsnormStatus_t jsnormSetNormEstimators(jsnormNormDescriptor_t desc,
                                       jsnormEstimator_t mean_estimator,
                                       jsnormEstimator_t variance_estimator) {
    return jsnorm::set("jsnormSetNormEstimators", desc, [&](NormConfig &config) -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_enum("mean_estimator", mean_estimator, JSNORM_ESTIMATOR_SAMPLING));
        JSNORM_TRY(jsnorm::check_enum("variance_estimator", variance_estimator,
                                      JSNORM_ESTIMATOR_SAMPLING));
        config.mean_estimator = mean_estimator;
        config.variance_estimator = variance_estimator;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetNormLambda(jsnormNormDescriptor_t desc, double lambda) {
    return jsnorm::set("jsnormSetNormLambda", desc, [&](NormConfig &config) -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_finite("lambda", lambda));
        config.lambda = lambda;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetNormEpsilon(jsnormNormDescriptor_t desc, double epsilon) {
    return jsnorm::set("jsnormSetNormEpsilon", desc, [&](NormConfig &config) -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_finite("epsilon", epsilon));
        config.epsilon = epsilon;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetNormEffectiveFraction(jsnormNormDescriptor_t desc, double fraction) {
    return jsnorm::set("jsnormSetNormEffectiveFraction", desc,
                       [&](NormConfig &config) -> jsnormStatus_t {
                           JSNORM_REQUIRE(fraction > 0 && fraction <= 1, JSNORM_STATUS_BAD_PARAM,
                                          "fraction = %g is not above 0 and at most 1", fraction);
                           config.effective_fraction = fraction;
                           return JSNORM_STATUS_SUCCESS;
                       });
}

jsnormStatus_t jsnormSetNormActivation(jsnormNormDescriptor_t desc, jsnormActivation_t activation) {
    return jsnorm::set("jsnormSetNormActivation", desc, [&](NormConfig &config) -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_enum("activation", activation, JSNORM_ACTIVATION_RELU));
        config.activation = activation;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetNormFirstNormalizedAxis(jsnormNormDescriptor_t desc, int32_t axis) {
    return jsnorm::set("jsnormSetNormFirstNormalizedAxis", desc,
                       [&](NormConfig &config) -> jsnormStatus_t {
                           JSNORM_TRY(jsnorm::check_layer(config));
                           JSNORM_REQUIRE(axis >= -JSNORM_MAX_RANK && axis < JSNORM_MAX_RANK,
                                          JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                                          "axis = %d is not in 0 to %d, or in -1 to -%d", axis,
                                          JSNORM_MAX_RANK - 1, JSNORM_MAX_RANK);
                           config.first_normalized_axis = axis;
                           return JSNORM_STATUS_SUCCESS;
                       });
}

jsnormStatus_t jsnormSetNormStatisticsPerGroup(jsnormNormDescriptor_t desc,
                                               int64_t statistics_per_group) {
    return jsnorm::set(
        "jsnormSetNormStatisticsPerGroup", desc, [&](NormConfig &config) -> jsnormStatus_t {
            JSNORM_TRY(jsnorm::check_layer(config));
            JSNORM_REQUIRE(statistics_per_group >= 0, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                           "statistics_per_group = %lld is negative",
                           jsnorm::ll{statistics_per_group});
            config.statistics_per_group = statistics_per_group;
            return JSNORM_STATUS_SUCCESS;
        });
}

jsnormStatus_t jsnormSetNormGroupCount(jsnormNormDescriptor_t desc, int64_t group_count) {
    return jsnorm::set("jsnormSetNormGroupCount", desc, [&](NormConfig &config) -> jsnormStatus_t {
        JSNORM_TRY(jsnorm::check_group(config));
        JSNORM_REQUIRE(group_count >= 1, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                       "group_count = %lld is less than 1", jsnorm::ll{group_count});
        config.group_count = group_count;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetNormRunningStatistics(jsnormNormDescriptor_t desc, jsnormRunningMode_t mode,
                                              jsnormRunningVariance_t variance) {
    return jsnorm::set(
        "jsnormSetNormRunningStatistics", desc, [&](NormConfig &config) -> jsnormStatus_t {
            JSNORM_TRY(jsnorm::check_batch(config));
            JSNORM_TRY(jsnorm::check_enum("mode", mode, JSNORM_RUNNING_RAW));
            JSNORM_TRY(jsnorm::check_enum("variance", variance, JSNORM_RUNNING_VARIANCE_BIASED));
            config.running_mode = mode;
            config.running_variance = variance;
            return JSNORM_STATUS_SUCCESS;
        });
}

jsnormStatus_t jsnormSetNormParameterGradientScope(jsnormNormDescriptor_t desc,
                                                   jsnormParameterGradientScope_t scope) {
    return jsnorm::set(
        "jsnormSetNormParameterGradientScope", desc, [&](NormConfig &config) -> jsnormStatus_t {
            JSNORM_TRY(jsnorm::check_batch(config));
            JSNORM_TRY(jsnorm::check_enum("scope", scope, JSNORM_PARAMETER_GRADIENT_GLOBAL));
            config.gradient_scope = scope;
            return JSNORM_STATUS_SUCCESS;
        });
}
