// SPDX-License-Identifier: Apache-2.0
//
// The lists that tests walk, and the names of what they walk.

#include <sstream>

#include "tests/support/case.hpp"
#include "tests/support/float_types.hpp"

namespace jsnorm::test {

std::vector<jsnormNormKind_t> every_kind() {
    return {JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION, JSNORM_INSTANCE_NORM,
            JSNORM_LAYER_NORM, JSNORM_GROUP_NORM};
}

std::vector<jsnormEstimator_t> every_estimator() {
    return {JSNORM_ESTIMATOR_NONE,       JSNORM_ESTIMATOR_JAMES_STEIN,
            JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_STEIN_CORRECTED,
            JSNORM_ESTIMATOR_RIDGE,      JSNORM_ESTIMATOR_LASSO,
            JSNORM_ESTIMATOR_SAMPLING};
}

std::vector<std::pair<jsnormEstimator_t, jsnormEstimator_t>> every_estimator_pair() {
    std::vector<std::pair<jsnormEstimator_t, jsnormEstimator_t>> pairs;
    for (const jsnormEstimator_t mean : every_estimator())
        for (const jsnormEstimator_t variance : every_estimator())
            pairs.emplace_back(mean, variance);
    return pairs;
}

std::vector<jsnormDataType_t> every_data_type() {
    return {JSNORM_DOUBLE, JSNORM_FLOAT, JSNORM_HALF, JSNORM_BFLOAT16};
}

std::vector<Case> small_cases(const CaseOptions &options) {
    std::vector<Case> cases;
    CaseOptions varied = options;
    const auto add = [&](jsnormNormKind_t kind, std::vector<int64_t> dims) {
        ++varied.seed;
        cases.push_back(make_case(kind, std::move(dims), varied));
    };
    add(JSNORM_BATCH_NORM, {6, 5});
    add(JSNORM_BATCH_NORM, {3, 2, 4});
    add(JSNORM_BATCH_NORM, {2, 3, 2, 3});
    add(JSNORM_BATCH_NORM_PER_ACTIVATION, {5, 3});
    add(JSNORM_BATCH_NORM_PER_ACTIVATION, {6, 3, 2});
    add(JSNORM_INSTANCE_NORM, {2, 5, 4});
    add(JSNORM_INSTANCE_NORM, {2, 3, 2, 2, 2});
    add(JSNORM_GROUP_NORM, {2, 8, 3});
    add(JSNORM_GROUP_NORM, {2, 6, 2, 2});
    add(JSNORM_LAYER_NORM, {2, 5, 4});
    varied.first_normalized_axis = 2;
    add(JSNORM_LAYER_NORM, {2, 4, 2, 3});
    varied.first_normalized_axis = -1;
    varied.statistics_per_group = 4;
    add(JSNORM_LAYER_NORM, {8, 5});
    varied.statistics_per_group = 0;
    add(JSNORM_LAYER_NORM, {7});
    varied.first_normalized_axis = 0;
    add(JSNORM_LAYER_NORM, {2, 3, 4});
    return cases;
}

const char *name_of(jsnormNormKind_t kind) {
    switch (kind) {
        case JSNORM_BATCH_NORM:
            return "batch";
        case JSNORM_BATCH_NORM_PER_ACTIVATION:
            return "batch_per_activation";
        case JSNORM_INSTANCE_NORM:
            return "instance";
        case JSNORM_LAYER_NORM:
            return "layer";
        case JSNORM_GROUP_NORM:
            return "group";
        default:
            return "?";
    }
}

const char *name_of(jsnormEstimator_t estimator) {
    switch (estimator) {
        case JSNORM_ESTIMATOR_NONE:
            return "NONE";
        case JSNORM_ESTIMATOR_JAMES_STEIN:
            return "JAMES_STEIN";
        case JSNORM_ESTIMATOR_GRAND_MEAN:
            return "GRAND_MEAN";
        case JSNORM_ESTIMATOR_STEIN_CORRECTED:
            return "STEIN_CORRECTED";
        case JSNORM_ESTIMATOR_RIDGE:
            return "RIDGE";
        case JSNORM_ESTIMATOR_LASSO:
            return "LASSO";
        case JSNORM_ESTIMATOR_SAMPLING:
            return "SAMPLING";
        default:
            return "?";
    }
}

const char *name_of(jsnormDataType_t type) {
    return format_of(type).name;
}

std::string describe(const Case &problem) {
    std::ostringstream text;
    text << name_of(problem.kind) << " ";
    for (size_t axis = 0; axis < problem.dims.size(); ++axis)
        text << (axis ? "x" : "") << problem.dims[axis];
    if (problem.kind == JSNORM_LAYER_NORM && problem.first_normalized_axis != -1)
        text << " from axis " << problem.first_normalized_axis;
    if (problem.kind == JSNORM_LAYER_NORM && problem.statistics_per_group != 0)
        text << " by " << problem.statistics_per_group;
    if (problem.kind == JSNORM_GROUP_NORM) text << " in " << problem.group_count;
    text << " " << name_of(problem.mean_estimator) << "/" << name_of(problem.variance_estimator)
         << " lambda " << problem.lambda << " epsilon " << problem.epsilon;
    if (problem.effective_fraction != 1) text << " fraction " << problem.effective_fraction;
    if (problem.activation == JSNORM_ACTIVATION_RELU) text << " relu";
    if (problem.running_mode == JSNORM_RUNNING_RAW) text << " raw";
    if (problem.running_variance_correction == JSNORM_RUNNING_VARIANCE_BIASED) text << " biased";
    if (problem.gamma.empty()) text << " no gamma";
    if (problem.beta.empty()) text << " no beta";
    if (!problem.z.empty()) text << " z";
    return text.str();
}

}  // namespace jsnorm::test
