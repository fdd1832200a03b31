// SPDX-License-Identifier: Apache-2.0
// What jsnormGetPlanDescription and the log say of a request, whichever backend it goes to.
#include <initializer_list>
#include <utility>

#include "src/core/request.hpp"

namespace jsnorm {

namespace {

const char *name_of(jsnormOperation_t operation) {
    constexpr const char *kNames[] = {"forward training",   "forward inference",
                                      "backward",           "backward through fixed statistics",
                                      "forward statistics", "forward finalize",
                                      "forward apply",      "backward reduce",
                                      "backward finalize",  "backward apply"};
    return kNames[operation];
}

const char *name_of(jsnormNormKind_t kind) {
    constexpr const char *kNames[] = {"batch norm", "batch norm per activation", "instance norm",
                                      "layer norm", "group norm"};
    return kNames[kind];
}

const char *name_of(jsnormEstimator_t estimator) {
    constexpr const char *kNames[] = {"NONE",  "JAMES_STEIN", "GRAND_MEAN", "STEIN_CORRECTED",
                                      "RIDGE", "LASSO",       "SAMPLING"};
    return kNames[estimator];
}

// Axis 1 innermost, the others in their order.
bool is_channels_last(const Layout &layout) {
    if (layout.rank < 3 || layout.dims[1] == 1) return false;
    Layout turned = layout;
    int64_t stride = layout.dims[1];
    turned.strides[1] = 1;
    for (int32_t axis = layout.rank - 1; axis >= 0; --axis) {
        if (axis == 1) continue;
        turned.strides[axis] = stride;
        stride *= layout.dims[axis];
    }
    return same_strides(layout, turned);
}

const char *form_of(const Layout &layout) {
    if (is_packed(layout)) return "packed";
    if (is_channels_last(layout)) return "channels last";
    return is_dense(layout) ? "dense" : "strided";
}

}  // namespace

void describe(const Request &request, Text &text) {
    const Problem &problem = *request.problem;
    const NormConfig &norm = problem.norm;
    const StatisticsShape &shape = problem.shape;
    using ll = long long;
    text.add("%s: %s, %s, means %s, variances %s%s; G %lld, K %lld, R %lld, P %lld\n",
             name_of(request.operation), name_of(norm.kind), name_of(problem.type),
             name_of(norm.mean_estimator), name_of(norm.variance_estimator),
             norm.activation == JSNORM_ACTIVATION_RELU ? ", ReLU" : "", ll{shape.groups},
             ll{shape.statistics}, ll{shape.elements}, ll{shape.parameters});
    const bool samples = norm.mean_estimator == JSNORM_ESTIMATOR_SAMPLING ||
                         norm.variance_estimator == JSNORM_ESTIMATOR_SAMPLING;
    if (samples) text.add("effective fraction of R: %g\n", norm.effective_fraction);
    const char *separator = "tensors: ";
    for (const auto &[name, place] : {std::pair{"x", &request.x},
                                      {"z", &request.z},
                                      {"y", &request.y},
                                      {"dy", &request.dy},
                                      {"dx", &request.dx},
                                      {"dz", &request.dz}}) {
        if (!place->given) continue;
        text.add("%s%s %s%s", separator, name, form_of(place->layout),
                 place->aligned ? "" : " (not aligned to 16 bytes)");
        separator = ", ";
    }
    if (request.mask) text.add("%smask", separator);
    if (request.x.given) text.add("\n");
}

}  // namespace jsnorm
