// SPDX-License-Identifier: Apache-2.0
#include "src/core/problem.hpp"

#include <algorithm>

#include "kernels/math/shrink.cuh"
#include "src/core/status.hpp"

namespace jsnorm {

namespace {

using ll = long long;  // for printf

constexpr int64_t kMaxCount = int64_t{1} << 48;

int64_t size_of(const Layout &x, const int32_t *axes, int32_t first, int32_t last) {
    int64_t size = 1;
    for (int32_t i = first; i < last; ++i) size *= x.dims[axes[i]];
    return size;
}

// Splits the axes of x into cell axes [first_cell, cell_end) and element axes.
void split_axes(const Layout &x, int32_t first_cell, int32_t cell_end, Problem &problem) {
    for (int32_t axis = 0; axis < x.rank; ++axis) {
        if (axis >= first_cell && axis < cell_end) {
            problem.cell_axes[problem.cell_axis_count++] = axis;
        } else {
            problem.element_axes[problem.element_axis_count++] = axis;
        }
    }
}

jsnormStatus_t split_by_kind(const Layout &x, const char *x_name, Problem &problem) {
    const NormConfig &norm = problem.norm;
    switch (norm.kind) {
        case JSNORM_BATCH_NORM:
            split_axes(x, 1, 2, problem);
            break;
        case JSNORM_BATCH_NORM_PER_ACTIVATION:
            split_axes(x, 1, x.rank, problem);
            break;
        case JSNORM_INSTANCE_NORM:
        case JSNORM_GROUP_NORM:
            split_axes(x, 0, 2, problem);
            problem.first_parameter_axis = 1;
            break;
        case JSNORM_LAYER_NORM: {
            const int32_t asked = norm.first_normalized_axis;
            const int32_t axis = asked < 0 ? x.rank + asked : asked;
            JSNORM_REQUIRE(axis >= 0 && axis < x.rank, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                           "%s: rank = %d has no axis %d to begin the normalized axes with "
                           "(0 to rank-1, or -1 to -rank)",
                           x_name, x.rank, asked);
            split_axes(x, 0, axis, problem);
            problem.first_parameter_axis = axis;
            problem.parameter_per_element = true;
            break;
        }
        default:
            return fail(JSNORM_STATUS_INTERNAL_ERROR, "norm kind %d", norm.kind);
    }
    return JSNORM_STATUS_SUCCESS;
}

// Derives G and K from the kind and the number of cells.
jsnormStatus_t group_statistics(const Layout &x, const char *x_name, Problem &problem) {
    const NormConfig &norm = problem.norm;
    StatisticsShape &shape = problem.shape;
    const int64_t channels = x.dims[1];  // of a layer norm of rank 1: not used
    switch (norm.kind) {
        case JSNORM_INSTANCE_NORM:
            shape.groups = x.dims[0];
            shape.statistics = channels;
            break;
        case JSNORM_GROUP_NORM:
            JSNORM_REQUIRE(channels % norm.group_count == 0, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                           "%s: dims[1] = %lld is not a multiple of the %lld groups of the norm",
                           x_name, ll{channels}, ll{norm.group_count});
            shape.groups = x.dims[0];
            shape.statistics = norm.group_count;
            problem.cells_per_statistic = channels / norm.group_count;
            break;
        case JSNORM_LAYER_NORM:
            if (norm.statistics_per_group > 0) {
                JSNORM_REQUIRE(problem.cells % norm.statistics_per_group == 0,
                               JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                               "%s: %lld rows are not a multiple of the %lld statistics per group",
                               x_name, ll{problem.cells}, ll{norm.statistics_per_group});
                shape.groups = problem.cells / norm.statistics_per_group;
                shape.statistics = norm.statistics_per_group;
            } else {
                // The samples, unless they are normalized themselves.
                shape.groups =
                    size_of(x, problem.cell_axes, 0, std::min(1, problem.cell_axis_count));
                shape.statistics = size_of(x, problem.cell_axes, 1, problem.cell_axis_count);
            }
            break;
        default:
            shape.groups = 1;
            shape.statistics = problem.cells;
            break;
    }
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

jsnormStatus_t make_problem(const NormConfig &norm, const Layout &x, const char *x_name,
                            Problem &problem) {
    problem = Problem{};
    problem.norm = norm;
    problem.type = x.type;
    const int32_t least_rank = norm.kind == JSNORM_LAYER_NORM ? 1 : 2;
    JSNORM_REQUIRE(x.rank >= least_rank, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                   "%s: rank = %d, but a tensor of this norm has rank %d to %d", x_name, x.rank,
                   least_rank, JSNORM_MAX_RANK);
    JSNORM_TRY(split_by_kind(x, x_name, problem));
    problem.cells = size_of(x, problem.cell_axes, 0, problem.cell_axis_count);
    for (int32_t i = 0; i < problem.cell_axis_count; ++i) {
        const int64_t size = x.dims[problem.cell_axes[i]];
        if (size > 1) problem.inner_cells = size;
    }
    problem.cell_elements = size_of(x, problem.element_axes, 0, problem.element_axis_count);
    problem.segment_elements = norm.kind == JSNORM_BATCH_NORM && x.rank > 2
                                   ? size_of(x, problem.element_axes, 1, problem.element_axis_count)
                                   : problem.cell_elements;
    JSNORM_TRY(group_statistics(x, x_name, problem));
    problem.shape.elements = problem.cell_elements * problem.cells_per_statistic;
    problem.shape.parameters =
        problem.parameter_per_element
            ? problem.cell_elements
            : size_of(x, problem.cell_axes, problem.first_parameter_axis, problem.cell_axis_count);

    // So that every size derived from these counts fits 64 bits.
    JSNORM_REQUIRE(problem.cells <= kMaxCount && problem.shape.parameters <= kMaxCount,
                   JSNORM_STATUS_NOT_SUPPORTED_SHAPE,
                   "%s: %lld statistics and %lld parameters, but 2^48 is the limit", x_name,
                   ll{problem.cells / problem.cells_per_statistic}, ll{problem.shape.parameters});

    problem.groups = problem.shape.groups;
    problem.statistics = problem.shape.statistics;
    // Batch norms keep their channels in one group: the phases know them as one.
    if (!is_batch_kind(norm.kind) && !is_coupled(problem)) problem = statistics_apart(problem);
    return JSNORM_STATUS_SUCCESS;
}

bool corrects_running_variance(const NormConfig &norm) {
    return norm.running_variance == JSNORM_RUNNING_VARIANCE_CORRECTED &&
           (norm.variance_estimator == JSNORM_ESTIMATOR_NONE ||
            norm.variance_estimator == JSNORM_ESTIMATOR_JAMES_STEIN ||
            norm.variance_estimator == JSNORM_ESTIMATOR_GRAND_MEAN ||
            norm.variance_estimator == JSNORM_ESTIMATOR_SAMPLING);
}

bool is_coupled(const Problem &problem) {
    const NormConfig &norm = problem.norm;
    // A batch norm may have more elements than x: those of other processes, or of training.
    const bool alone = problem.shape.elements < 2 && !is_batch_kind(norm.kind);
    const auto is = [&](jsnormEstimator_t estimator, StatisticKind statistic) {
        const bool acts = estimator != JSNORM_ESTIMATOR_SAMPLING || !alone;
        return acts && couples(estimator, statistic, problem.statistics);
    };
    return is(norm.mean_estimator, StatisticKind::kMean) ||
           is(norm.variance_estimator, StatisticKind::kVariance);
}

Problem statistics_apart(const Problem &problem) {
    Problem result = problem;
    result.groups *= problem.statistics;
    if (result.groups != 0) result.statistics = 1;
    return result;
}

Problem statistics_together(const Problem &problem) {
    Problem result = problem;
    result.groups = problem.shape.groups;
    result.statistics = problem.shape.statistics;
    return result;
}

}  // namespace jsnorm
