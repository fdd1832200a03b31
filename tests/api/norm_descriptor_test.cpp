// SPDX-License-Identifier: Apache-2.0
//
// The setters of a norm descriptor: ranges and kinds.
#include "tests/api/norm_settings.hpp"

namespace jsnorm::test::api {
namespace {

template <class Enum>
Enum unknown() {
    return static_cast<Enum>(77);
}

constexpr jsnormStatus_t kBad = JSNORM_STATUS_BAD_PARAM;
constexpr jsnormStatus_t kOutOfBound = JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND;

Setting bad(Setting setting, jsnormStatus_t status, std::vector<std::string> mentions) {
    setting.status = status;
    setting.mentions = std::move(mentions);
    return setting;
}

std::vector<Setting> every_bad_value() {
    const auto none = JSNORM_ESTIMATOR_NONE;
    const auto estimator = unknown<jsnormEstimator_t>();
    std::vector<Setting> settings = {
        bad(estimators(estimator, none), kBad, {"mean_estimator", "77"}),
        bad(estimators(none, estimator), kBad, {"variance_estimator", "77"}),
        bad(estimators(none, JSNORM_ESTIMATOR_FORCE_INT32), kBad, {"variance_estimator"}),
        bad(activation(unknown<jsnormActivation_t>()), kBad, {"activation", "77"}),
        bad(running(unknown<jsnormRunningMode_t>(), JSNORM_RUNNING_VARIANCE_BIASED), kBad,
            {"mode", "77"}),
        bad(running(JSNORM_RUNNING_RAW, unknown<jsnormRunningVariance_t>()), kBad,
            {"variance", "77"}),
        bad(scope(unknown<jsnormParameterGradientScope_t>()), kBad, {"scope", "77"}),
        bad(lambda(-0.125), kBad, {"lambda", "-0.125"}),
        bad(epsilon(-0.125), kBad, {"epsilon", "-0.125"}),
        bad(epsilon(-1e-300), kBad, {"epsilon"}),
        bad(lambda(-1e-300), kBad, {"lambda"}),
    };
    for (double value : {0.0, -0.125, 1.0000001, -1e-300, kNaN, kInfinity, -kInfinity})
        settings.push_back(bad(effective_fraction(value), kBad, {"fraction"}));
    settings.push_back(bad(effective_fraction(1.25), kBad, {"fraction", "1.25"}));
    for (double value : {kNaN, kInfinity, -kInfinity}) {
        settings.push_back(bad(lambda(value), kBad, {"lambda"}));
        settings.push_back(bad(epsilon(value), kBad, {"epsilon"}));
    }
    for (int32_t value : {8, -9, 77, std::numeric_limits<int32_t>::min()}) {
        settings.push_back(bad(axis(value), kOutOfBound, {"axis", std::to_string(value)}));
    }
    for (int64_t value : {int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
        settings.push_back(bad(statistics_per_group(value), kOutOfBound,
                               {"statistics_per_group", std::to_string(value)}));
        settings.push_back(
            bad(group_count(value), kOutOfBound, {"group_count", std::to_string(value)}));
    }
    settings.push_back(bad(group_count(0), kOutOfBound, {"group_count", "0"}));
    return settings;
}

void expect_outcome(const Setting &setting, Norm norm) {
    EXPECT_STATUS(setting.set(norm), setting.status) << setting.function;
    expect_error_mentions(setting.function);
    for (const std::string &part : setting.mentions)
        expect_error_mentions(setting.function, {part});
}

TEST(NormDescriptor, EverySetterAcceptsItsWholeRange) {
    std::vector<Setting> settings = every_setter();
    for (int32_t mean = JSNORM_ESTIMATOR_NONE; mean <= JSNORM_ESTIMATOR_SAMPLING; ++mean) {
        for (int32_t variance = JSNORM_ESTIMATOR_NONE; variance <= JSNORM_ESTIMATOR_SAMPLING;
             ++variance) {
            settings.push_back(estimators(static_cast<jsnormEstimator_t>(mean),
                                          static_cast<jsnormEstimator_t>(variance)));
        }
    }
    for (double value : {0.0, 5e-324, 1e-5, 1.0, std::numeric_limits<double>::max()}) {
        settings.push_back(lambda(value));
        settings.push_back(epsilon(value));
    }
    for (double value : {5e-324, 0.25, 1.0}) settings.push_back(effective_fraction(value));
    for (int32_t value : {0, 1, 2, 7, -1, -2, -7, -8}) settings.push_back(axis(value));
    for (int64_t value : {int64_t{1}, int64_t{12}, std::numeric_limits<int64_t>::max()}) {
        settings.push_back(statistics_per_group(value));
        settings.push_back(group_count(value));
    }
    settings.push_back(statistics_per_group(0));
    settings.push_back(activation(JSNORM_ACTIVATION_NONE));
    settings.push_back(running(JSNORM_RUNNING_SHRUNK, JSNORM_RUNNING_VARIANCE_CORRECTED));
    settings.push_back(scope(JSNORM_PARAMETER_GRADIENT_LOCAL));
    for (const Setting &setting : settings) {
        const NormDesc norm(setting.kind);
        EXPECT_STATUS(setting.set(norm), JSNORM_STATUS_SUCCESS) << setting.function;
    }
}

TEST(NormDescriptor, BadValuesAreNamed) {
    for (const Setting &setting : every_bad_value())
        expect_outcome(setting, NormDesc(setting.kind));
}

TEST(NormDescriptor, SettersOfOneKindAreRefusedByTheOthers) {
    for (jsnormNormKind_t kind : all_kinds()) {
        std::vector<Setting> foreign;
        if (kind != JSNORM_LAYER_NORM) {
            foreign.push_back(bad(axis(1), kBad, {"layer"}));
            foreign.push_back(bad(statistics_per_group(2), kBad, {"layer"}));
        }
        if (kind != JSNORM_GROUP_NORM) foreign.push_back(bad(group_count(5), kBad, {"group"}));
        if (!is_batch_kind(kind)) {
            foreign.push_back(
                bad(running(JSNORM_RUNNING_RAW, JSNORM_RUNNING_VARIANCE_BIASED), kBad, {"batch"}));
            foreign.push_back(bad(scope(JSNORM_PARAMETER_GRADIENT_GLOBAL), kBad, {"batch"}));
        }
        for (const Setting &setting : foreign) expect_outcome(setting, NormDesc(kind));
    }
}

TEST(NormDescriptor, BatchSettersServeBothBatchKinds) {
    const NormDesc norm(JSNORM_BATCH_NORM_PER_ACTIVATION);
    EXPECT_STATUS(running(JSNORM_RUNNING_RAW, JSNORM_RUNNING_VARIANCE_BIASED).set(norm),
                  JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(scope(JSNORM_PARAMETER_GRADIENT_GLOBAL).set(norm), JSNORM_STATUS_SUCCESS);
}

TEST(NormDescriptor, NullAndWrongObjectsAreRefused) {
    for (const Setting &setting : every_setter()) {
        EXPECT_FAILURE(setting.set(nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER, setting.function,
                       "desc");
        EXPECT_FAILURE(setting.set(not_an_object<Norm>()), JSNORM_STATUS_NOT_INITIALIZED,
                       setting.function, "desc");
    }
}

TEST(NormDescriptor, AFailedSetChangesNothing) {
    const Handle handle;
    for (const Setting &setting : every_bad_value()) {
        const NormDesc touched(setting.kind), fresh(setting.kind);
        EXPECT_NE(setting.set(touched), JSNORM_STATUS_SUCCESS);
        EXPECT_TRUE(forward(handle, setting.kind, touched) == forward(handle, setting.kind, fresh))
            << setting.function;
    }
}

// Guards the test above: the window does show what the setters set.
TEST(NormDescriptor, ASetThatSucceedsChangesTheResult) {
    const Handle handle;
    for (const Setting &setting : every_setter()) {
        const std::string function = setting.function;
        if (function == "jsnormSetNormParameterGradientScope") continue;  // of backward alone
        const NormDesc touched(setting.kind), fresh(setting.kind);
        if (function == "jsnormSetNormLambda") {
            for (Norm norm : {Norm{touched}, Norm{fresh}}) {
                require(
                    jsnormSetNormEstimators(norm, JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_RIDGE));
            }
        }
        if (function == "jsnormSetNormEffectiveFraction") {
            for (Norm norm : {Norm{touched}, Norm{fresh}}) {
                require(jsnormSetNormEstimators(norm, JSNORM_ESTIMATOR_SAMPLING,
                                                JSNORM_ESTIMATOR_SAMPLING));
            }
        }
        require(setting.set(touched));
        EXPECT_FALSE(forward(handle, setting.kind, touched) == forward(handle, setting.kind, fresh))
            << function;
    }
}

}  // namespace
}  // namespace jsnorm::test::api
