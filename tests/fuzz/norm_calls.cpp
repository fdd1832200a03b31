// SPDX-License-Identifier: Apache-2.0
//
// Norm descriptors and their settings. After every setter all settings are read: what was set is
// there, what was refused has changed nothing, and a frozen norm refuses everything.

#include <cstring>

#include "tests/fuzz/functions.hpp"

namespace jsnorm::fuzz {
namespace {

// Every setting; of those that are not for its kind, what stands here.
struct Settings {
    jsnormNormKind_t kind = JSNORM_BATCH_NORM;
    jsnormEstimator_t mean = JSNORM_ESTIMATOR_NONE, variance = JSNORM_ESTIMATOR_NONE;
    double lambda = 0, epsilon = 0, fraction = 0;
    jsnormActivation_t activation = JSNORM_ACTIVATION_NONE;
    int32_t axis = 0;
    int64_t statistics_per_group = 0, group_count = 0;
    jsnormRunningMode_t mode = JSNORM_RUNNING_SHRUNK;
    jsnormRunningVariance_t running_variance = JSNORM_RUNNING_VARIANCE_CORRECTED;
    jsnormParameterGradientScope_t scope = JSNORM_PARAMETER_GRADIENT_LOCAL;
    bool operator==(const Settings &) const = default;
};

Settings read(jsnormNormDescriptor_t norm) {
    Settings settings;
    const jsnormStatus_t all[] = {jsnormGetNormKind(norm, &settings.kind),
                                  jsnormGetNormEstimators(norm, &settings.mean, &settings.variance),
                                  jsnormGetNormLambda(norm, &settings.lambda),
                                  jsnormGetNormEpsilon(norm, &settings.epsilon),
                                  jsnormGetNormEffectiveFraction(norm, &settings.fraction),
                                  jsnormGetNormActivation(norm, &settings.activation)};
    for (const jsnormStatus_t status : all)
        expect(status == 0, "a live norm cannot be read", "read");
    const bool layer = settings.kind == JSNORM_LAYER_NORM;
    const bool batch =
        settings.kind == JSNORM_BATCH_NORM || settings.kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
    const auto is_for = [](bool kind, jsnormStatus_t status, const char *name) {
        expect(status == (kind ? JSNORM_STATUS_SUCCESS : JSNORM_STATUS_BAD_PARAM),
               "a setting is for other kinds than the header says", name);
    };
    is_for(layer, jsnormGetNormFirstNormalizedAxis(norm, &settings.axis),
           "jsnormGetNormFirstNormalizedAxis");
    is_for(layer, jsnormGetNormStatisticsPerGroup(norm, &settings.statistics_per_group),
           "jsnormGetNormStatisticsPerGroup");
    is_for(settings.kind == JSNORM_GROUP_NORM, jsnormGetNormGroupCount(norm, &settings.group_count),
           "jsnormGetNormGroupCount");
    is_for(batch, jsnormGetNormRunningStatistics(norm, &settings.mode, &settings.running_variance),
           "jsnormGetNormRunningStatistics");
    is_for(batch, jsnormGetNormParameterGradientScope(norm, &settings.scope),
           "jsnormGetNormParameterGradientScope");
    return settings;
}

// set(norm, wanted): calls the setter, and writes to `wanted` what then is set.
template <class Set>
Outcome setter(World &world, Bytes &bytes, const char *name, Set set) {
    const auto norm = world.norm(bytes);
    Settings before;
    if (norm.is_live()) before = read(norm.object);
    Settings wanted = before;
    const jsnormStatus_t status = set(norm.object, wanted);
    if (!norm.is_live()) {
        expect(status != JSNORM_STATUS_SUCCESS, "what is no norm was set", name);
        return {name, status};
    }
    expect(read(norm.object) == (status == 0 ? wanted : before), "a setting is not what was set",
           name);
    if (norm.slot->frozen) expect(status != 0, "a frozen norm was set", name);
    if (!norm.slot->used)
        expect(status != JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE, "an unused norm is frozen", name);
    return {name, status};
}

Outcome set_estimators(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormEstimators", [&](auto norm, Settings &wanted) {
        wanted.mean = bytes.enumerator<jsnormEstimator_t>(7);
        wanted.variance = bytes.enumerator<jsnormEstimator_t>(7);
        return jsnormSetNormEstimators(norm, wanted.mean, wanted.variance);
    });
}

Outcome set_lambda(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormLambda", [&](auto norm, Settings &wanted) {
        return jsnormSetNormLambda(norm, wanted.lambda = bytes.number());
    });
}

Outcome set_epsilon(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormEpsilon", [&](auto norm, Settings &wanted) {
        return jsnormSetNormEpsilon(norm, wanted.epsilon = bytes.number());
    });
}

Outcome set_fraction(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormEffectiveFraction", [&](auto norm, Settings &wanted) {
        return jsnormSetNormEffectiveFraction(norm, wanted.fraction = bytes.number());
    });
}

Outcome set_activation(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormActivation", [&](auto norm, Settings &wanted) {
        wanted.activation = bytes.enumerator<jsnormActivation_t>(2);
        return jsnormSetNormActivation(norm, wanted.activation);
    });
}

Outcome set_axis(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormFirstNormalizedAxis",
                  [&](auto norm, Settings &wanted) {
                      wanted.axis = bytes.one_in(4) ? static_cast<int32_t>(bytes.integer())
                                                    : static_cast<int32_t>(bytes.below(8)) - 4;
                      return jsnormSetNormFirstNormalizedAxis(norm, wanted.axis);
                  });
}

Outcome set_statistics_per_group(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormStatisticsPerGroup",
                  [&](auto norm, Settings &wanted) {
                      return jsnormSetNormStatisticsPerGroup(
                          norm, wanted.statistics_per_group = bytes.integer());
                  });
}

Outcome set_group_count(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormGroupCount", [&](auto norm, Settings &wanted) {
        return jsnormSetNormGroupCount(norm, wanted.group_count = bytes.integer());
    });
}

Outcome set_running(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormRunningStatistics", [&](auto norm, Settings &wanted) {
        wanted.mode = bytes.enumerator<jsnormRunningMode_t>(2);
        wanted.running_variance = bytes.enumerator<jsnormRunningVariance_t>(2);
        return jsnormSetNormRunningStatistics(norm, wanted.mode, wanted.running_variance);
    });
}

Outcome set_scope(World &world, Bytes &bytes) {
    return setter(world, bytes, "jsnormSetNormParameterGradientScope",
                  [&](auto norm, Settings &wanted) {
                      wanted.scope = bytes.enumerator<jsnormParameterGradientScope_t>(2);
                      return jsnormSetNormParameterGradientScope(norm, wanted.scope);
                  });
}

Outcome create(World &world, Bytes &bytes) {
    const auto kind = bytes.enumerator<jsnormNormKind_t>(5);
    const bool full = world.norms.size() == World::kMostObjects;
    jsnormNormDescriptor_t norm = nullptr;
    const jsnormStatus_t status = jsnormCreateNormDescriptor(full ? nullptr : &norm, kind);
    expect((status == 0) == (norm != nullptr), "a norm without success",
           "jsnormCreateNormDescriptor");
    if (norm != nullptr) world.norms.push_back({norm});
    return {"jsnormCreateNormDescriptor", status};
}

Outcome destroy(World &world, Bytes &bytes) {
    const auto norm = world.norm(bytes);
    const jsnormStatus_t status = jsnormDestroyNormDescriptor(norm.object);
    if (norm.is_live()) world.norms.erase(world.norms.begin() + (norm.slot - world.norms.data()));
    expect((status == 0) == (norm.is_live() || norm.object == nullptr),
           "what is no norm was destroyed, or one was not", "jsnormDestroyNormDescriptor");
    return {"jsnormDestroyNormDescriptor", status};
}

Outcome finalize(World &world, Bytes &bytes) {
    const auto norm = world.norm(bytes);
    const jsnormStatus_t status = jsnormFinalizeNormDescriptor(norm.object);
    expect((status == 0) == norm.is_live(), "a norm cannot be frozen",
           "jsnormFinalizeNormDescriptor");
    World::note_use(norm, status);
    return {"jsnormFinalizeNormDescriptor", status};
}

Outcome clone(World &world, Bytes &bytes) {
    const char *name = "jsnormCloneNormDescriptor";
    const auto norm = world.norm(bytes);
    const bool full = world.norms.size() == World::kMostObjects;
    jsnormNormDescriptor_t made = nullptr;
    const jsnormStatus_t status = jsnormCloneNormDescriptor(norm.object, full ? nullptr : &made);
    expect((status == 0) == (made != nullptr), "a norm without success", name);
    if (made != nullptr) {
        expect(read(made) == read(norm.object), "a clone differs", name);
        world.norms.push_back({made});
    }
    return {name, status};
}

// Getters without a place for the result, and of what is no norm.
Outcome get_nothing(World &world, Bytes &bytes) {
    const char *name = "jsnormGetNormLambda";
    const auto norm = world.norm(bytes);
    const jsnormStatus_t refused[] = {jsnormGetNormKind(norm.object, nullptr),
                                      jsnormGetNormEpsilon(norm.object, nullptr),
                                      jsnormGetNormEffectiveFraction(norm.object, nullptr),
                                      jsnormGetNormActivation(norm.object, nullptr),
                                      jsnormGetNormFirstNormalizedAxis(norm.object, nullptr),
                                      jsnormGetNormStatisticsPerGroup(norm.object, nullptr),
                                      jsnormGetNormGroupCount(norm.object, nullptr),
                                      jsnormGetNormParameterGradientScope(norm.object, nullptr)};
    for (const jsnormStatus_t status : refused)
        expect(status != JSNORM_STATUS_SUCCESS, "NULL was taken for a result", name);
    const jsnormStatus_t optional = jsnormGetNormEstimators(norm.object, nullptr, nullptr);
    expect((optional == 0) == norm.is_live(), "estimators cannot be asked for", name);
    return {name, jsnormGetNormLambda(norm.object, nullptr)};
}

}  // namespace

std::span<const Function> norm_functions() {
    static constexpr Function kFunctions[] = {
        create,          destroy,        finalize,   clone,
        get_nothing,     set_estimators, set_lambda, set_epsilon,
        set_fraction,    set_activation, set_axis,   set_statistics_per_group,
        set_group_count, set_running,    set_scope};
    return kFunctions;
}

}  // namespace jsnorm::fuzz
