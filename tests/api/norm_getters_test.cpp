// SPDX-License-Identifier: Apache-2.0
//
// The getters of a norm descriptor, and its copies: what was set comes back, frozen or not.
#include "tests/api/norm_settings.hpp"

namespace jsnorm::test::api {
namespace {

// A getter: how it is called with room for its values and without, and what it found, as text.
struct Getter {
    const char *function;
    const char *setter;
    const char *argument;  // whose NULL is refused; empty where each may be NULL
    std::function<jsnormStatus_t(Norm, std::string *found)> get;
};

template <class Value>
Getter getter(const char *function, const char *setter, const char *argument,
              jsnormStatus_t (*call)(Norm, Value *)) {
    return {function, setter, argument, [=](Norm norm, std::string *found) {
                Value value = {};
                const jsnormStatus_t status = call(norm, found == nullptr ? nullptr : &value);
                if (found != nullptr) *found = std::to_string(value);
                return status;
            }};
}

template <class First, class Second>
Getter getter(const char *function, const char *setter,
              jsnormStatus_t (*call)(Norm, First *, Second *)) {
    return {function, setter, "", [=](Norm norm, std::string *found) {
                if (found == nullptr) return call(norm, nullptr, nullptr);
                First first = {};
                Second second = {}, again = {};
                const jsnormStatus_t status = call(norm, &first, &second);
                if (status != JSNORM_STATUS_SUCCESS) return status;
                require(call(norm, nullptr, &again));
                EXPECT_EQ(again, second);
                *found = std::to_string(first) + " " + std::to_string(second);
                return status;
            }};
}

const std::vector<Getter> &every_getter() {
    static const std::vector<Getter> getters = {
        getter("jsnormGetNormEstimators", "jsnormSetNormEstimators", jsnormGetNormEstimators),
        getter("jsnormGetNormLambda", "jsnormSetNormLambda", "lambda", jsnormGetNormLambda),
        getter("jsnormGetNormEpsilon", "jsnormSetNormEpsilon", "epsilon", jsnormGetNormEpsilon),
        getter("jsnormGetNormEffectiveFraction", "jsnormSetNormEffectiveFraction", "fraction",
               jsnormGetNormEffectiveFraction),
        getter("jsnormGetNormActivation", "jsnormSetNormActivation", "activation",
               jsnormGetNormActivation),
        getter("jsnormGetNormFirstNormalizedAxis", "jsnormSetNormFirstNormalizedAxis", "axis",
               jsnormGetNormFirstNormalizedAxis),
        getter("jsnormGetNormStatisticsPerGroup", "jsnormSetNormStatisticsPerGroup",
               "statistics_per_group", jsnormGetNormStatisticsPerGroup),
        getter("jsnormGetNormGroupCount", "jsnormSetNormGroupCount", "group_count",
               jsnormGetNormGroupCount),
        getter("jsnormGetNormRunningStatistics", "jsnormSetNormRunningStatistics",
               jsnormGetNormRunningStatistics),
        getter("jsnormGetNormParameterGradientScope", "jsnormSetNormParameterGradientScope",
               "scope", jsnormGetNormParameterGradientScope),
    };
    return getters;
}

const Getter &getter_of(const Setting &setting) {
    for (const Getter &getter : every_getter()) {
        if (std::string(getter.setter) == setting.function) return getter;
    }
    throw std::logic_error(std::string(setting.function) + " has no getter");
}

std::string value_of(const Getter &getter, Norm norm) {
    std::string found;
    require(getter.get(norm, &found));
    return found;
}

TEST(NormGetters, AnswerTheDefaultsAndWhatEverySetterHasSet) {
    const char *defaults[] = {"1 1", "0.000000", "0.000010", "1.000000", "0",
                              "-1",  "0",        "1",        "0 0",      "0"};
    const char *values[] = {"0 4", "0.500000", "0.001000", "0.500000", "1",
                            "1",   "2",        "5",        "1 1",      "1"};
    size_t i = 0;
    for (const Setting &setting : every_setter()) {
        const NormDesc norm(setting.kind);
        const Getter &getter = getter_of(setting);
        EXPECT_EQ(value_of(getter, norm), defaults[i]) << getter.function;
        require(setting.set(norm));
        EXPECT_EQ(value_of(getter, norm), values[i]) << getter.function;
        require(jsnormFinalizeNormDescriptor(norm));
        EXPECT_EQ(value_of(getter, norm), values[i]) << getter.function << ", frozen";
        ++i;
    }
}

TEST(NormGetters, FreezeNothing) {
    for (const Setting &setting : every_setter()) {
        const NormDesc norm(setting.kind);
        value_of(getter_of(setting), norm);
        EXPECT_STATUS(setting.set(norm), JSNORM_STATUS_SUCCESS) << setting.function;
    }
}

TEST(NormGetters, AreForTheKindsOfTheirSetters) {
    for (const Setting &setting : every_setter()) {
        const Getter &getter = getter_of(setting);
        for (jsnormNormKind_t kind : all_kinds()) {
            const NormDesc norm(kind);
            std::string found = "untouched";
            const jsnormStatus_t status = getter.get(norm, &found);
            EXPECT_EQ(status, setting.set(norm)) << getter.function << ", kind " << kind;
            if (status != JSNORM_STATUS_SUCCESS) {
                EXPECT_FAILURE(getter.get(norm, &found), JSNORM_STATUS_BAD_PARAM, getter.function,
                               "kind", std::to_string(kind));
            }
        }
    }
}

TEST(NormGetters, RefuseNullAndWrongObjects) {
    for (const Setting &setting : every_setter()) {
        const Getter &getter = getter_of(setting);
        const NormDesc norm(setting.kind);
        std::string found;
        EXPECT_FAILURE(getter.get(nullptr, nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                       getter.function, "desc");
        EXPECT_FAILURE(getter.get(not_an_object<Norm>(), nullptr), JSNORM_STATUS_NOT_INITIALIZED,
                       getter.function, "desc");
        if (std::string(getter.argument).empty()) {
            EXPECT_STATUS(getter.get(norm, nullptr), JSNORM_STATUS_SUCCESS);
        } else {
            EXPECT_FAILURE(getter.get(norm, nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                           getter.function, getter.argument);
        }
    }
}

TEST(NormGetters, TellTheKind) {
    for (jsnormNormKind_t kind : all_kinds()) {
        const NormDesc norm(kind);
        jsnormNormKind_t found = JSNORM_NORM_KIND_FORCE_INT32;
        EXPECT_STATUS(jsnormGetNormKind(norm, &found), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(found, kind);
        EXPECT_FAILURE(jsnormGetNormKind(norm, nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                       "jsnormGetNormKind", "kind");
    }
}

// ---- Freezing on purpose, and copies ---------------------------------------------------------

TEST(NormFinalize, FreezesAndMayBeRepeated) {
    for (const Setting &setting : every_setter()) {
        const NormDesc norm(setting.kind);
        for (int again = 0; again < 2; ++again) {
            EXPECT_STATUS(jsnormFinalizeNormDescriptor(norm), JSNORM_STATUS_SUCCESS);
            EXPECT_FAILURE(setting.set(norm), JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE, setting.function,
                           "desc");
        }
    }
}

TEST(NormFinalize, RefusesNullAndWrongObjects) {
    EXPECT_FAILURE(jsnormFinalizeNormDescriptor(nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "jsnormFinalizeNormDescriptor", "desc");
    EXPECT_FAILURE(jsnormFinalizeNormDescriptor(not_an_object<Norm>()),
                   JSNORM_STATUS_NOT_INITIALIZED, "jsnormFinalizeNormDescriptor", "desc");
}

class Clone : public Owner<Norm, jsnormDestroyNormDescriptor> {
  public:
    explicit Clone(Norm of) { require(jsnormCloneNormDescriptor(of, &object_)); }
};

TEST(NormClone, HasTheSettingsAndCanBeSetAgain) {
    const Handle handle;
    for (const Setting &setting : every_setter()) {
        const NormDesc norm(setting.kind);
        require(setting.set(norm));
        require(jsnormFinalizeNormDescriptor(norm));
        const Clone clone(norm);
        jsnormNormKind_t kind = JSNORM_NORM_KIND_FORCE_INT32;
        require(jsnormGetNormKind(clone, &kind));
        EXPECT_EQ(kind, setting.kind);
        for (const Getter &getter : every_getter()) {
            std::string of_norm, of_clone;
            EXPECT_EQ(getter.get(norm, &of_norm), getter.get(clone, &of_clone));
            EXPECT_EQ(of_norm, of_clone) << getter.function;
        }
        EXPECT_TRUE(forward(handle, setting.kind, clone) == forward(handle, setting.kind, norm));
        const Clone open(norm);
        EXPECT_STATUS(setting.set(open), JSNORM_STATUS_SUCCESS);
    }
}

TEST(NormClone, ChangesApartFromItsOrigin) {
    const NormDesc norm;
    const Clone clone(norm);
    require(jsnormSetNormEpsilon(clone, 0.5));
    double epsilon = 0;
    require(jsnormGetNormEpsilon(norm, &epsilon));
    EXPECT_EQ(epsilon, 1e-5);
    require(jsnormFinalizeNormDescriptor(clone));
    EXPECT_STATUS(jsnormSetNormEpsilon(norm, 0.25), JSNORM_STATUS_SUCCESS);
}

TEST(NormClone, RefusesNullAndWrongObjects) {
    const NormDesc norm;
    Norm clone = sentinel<Norm>();
    EXPECT_FAILURE(jsnormCloneNormDescriptor(norm, nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "jsnormCloneNormDescriptor", "clone");
    EXPECT_FAILURE(jsnormCloneNormDescriptor(nullptr, &clone), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "jsnormCloneNormDescriptor", "desc");
    EXPECT_FAILURE(jsnormCloneNormDescriptor(not_an_object<Norm>(), &clone),
                   JSNORM_STATUS_NOT_INITIALIZED, "jsnormCloneNormDescriptor", "desc");
    EXPECT_EQ(clone, sentinel<Norm>());
}

}  // namespace
}  // namespace jsnorm::test::api
