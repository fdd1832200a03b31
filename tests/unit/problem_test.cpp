// SPDX-License-Identifier: Apache-2.0
//
// From a norm and the dims of x to x[g][k][r] (src/core/problem.hpp): the table of docs/math.md,
// section 1, and where the statistics of a group go their own ways.

#include "src/core/problem.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "src/core/status.hpp"

namespace jsnorm::test {
namespace {

using Sizes = std::vector<int64_t>;

Layout packed(const Sizes &dims) {
    Layout layout;
    layout.rank = static_cast<int32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), layout.dims);
    EXPECT_TRUE(set_packed_strides(layout));
    return layout;
}

NormConfig norm_of(jsnormNormKind_t kind,
                   jsnormEstimator_t estimator = JSNORM_ESTIMATOR_JAMES_STEIN) {
    NormConfig norm;
    norm.kind = kind;
    norm.mean_estimator = norm.variance_estimator = estimator;
    return norm;
}

Problem problem_of(const NormConfig &norm, const Sizes &dims) {
    Problem problem;
    EXPECT_EQ(make_problem(norm, packed(dims), "x", problem), JSNORM_STATUS_SUCCESS);
    return problem;
}

// {G, K, R, P}
Sizes shape_of(const NormConfig &norm, const Sizes &dims) {
    const StatisticsShape &shape = problem_of(norm, dims).shape;
    return {shape.groups, shape.statistics, shape.elements, shape.parameters};
}

TEST(ProblemShape, OfABatchNormIsOneGroupOfChannels) {
    const NormConfig norm = norm_of(JSNORM_BATCH_NORM);
    EXPECT_EQ(shape_of(norm, {4, 3}), (Sizes{1, 3, 4, 3}));
    EXPECT_EQ(shape_of(norm, {4, 3, 5}), (Sizes{1, 3, 20, 3}));
    EXPECT_EQ(shape_of(norm, {4, 3, 5, 7}), (Sizes{1, 3, 140, 3}));
    EXPECT_EQ(shape_of(norm, {4, 3, 5, 7, 2, 2, 2, 2}), (Sizes{1, 3, 2240, 3}));
    EXPECT_EQ(shape_of(norm, {0, 3, 5}), (Sizes{1, 3, 0, 3}));
    EXPECT_EQ(shape_of(norm, {4, 0, 5}), (Sizes{1, 0, 20, 0}));
}

TEST(ProblemShape, OfABatchNormPerActivationIsOneGroupOfActivations) {
    const NormConfig norm = norm_of(JSNORM_BATCH_NORM_PER_ACTIVATION);
    EXPECT_EQ(shape_of(norm, {4, 3}), (Sizes{1, 3, 4, 3}));
    EXPECT_EQ(shape_of(norm, {4, 3, 5, 7}), (Sizes{1, 105, 4, 105}));
}

TEST(ProblemShape, OfAnInstanceNormIsAGroupOfChannelsForEachSample) {
    const NormConfig norm = norm_of(JSNORM_INSTANCE_NORM);
    EXPECT_EQ(shape_of(norm, {4, 3}), (Sizes{4, 3, 1, 3}));
    EXPECT_EQ(shape_of(norm, {4, 3, 5, 7}), (Sizes{4, 3, 35, 3}));
}

TEST(ProblemShape, OfAGroupNormIsAGroupOfChannelGroupsForEachSample) {
    NormConfig norm = norm_of(JSNORM_GROUP_NORM);
    EXPECT_EQ(shape_of(norm, {4, 12, 5}), (Sizes{4, 1, 60, 12}));
    norm.group_count = 3;
    EXPECT_EQ(shape_of(norm, {4, 12, 5, 7}), (Sizes{4, 3, 140, 12}));
    EXPECT_EQ(problem_of(norm, {4, 12, 5, 7}).cells_per_statistic, 4);
    norm.group_count = 12;
    EXPECT_EQ(shape_of(norm, {4, 12, 5, 7}), (Sizes{4, 12, 35, 12}));
}

TEST(ProblemShape, OfALayerNormIsAGroupOfRowsForEachSampleUnlessToldOtherwise) {
    NormConfig norm = norm_of(JSNORM_LAYER_NORM);
    EXPECT_EQ(shape_of(norm, {4, 8}), (Sizes{4, 1, 8, 8}));
    EXPECT_EQ(shape_of(norm, {4, 6, 8}), (Sizes{4, 6, 8, 8}));
    EXPECT_EQ(shape_of(norm, {4, 6, 2, 8}), (Sizes{4, 12, 8, 8}));
    norm.first_normalized_axis = -2;
    EXPECT_EQ(shape_of(norm, {4, 6, 2, 8}), (Sizes{4, 6, 16, 16}));
    norm.first_normalized_axis = 1;
    EXPECT_EQ(shape_of(norm, {4, 6, 2, 8}), (Sizes{4, 1, 96, 96}));
    for (const int32_t axis : {0, -4}) {
        norm.first_normalized_axis = axis;
        EXPECT_EQ(shape_of(norm, {4, 6, 2, 8}), (Sizes{1, 1, 384, 384}));
    }
    norm.first_normalized_axis = 3;
    norm.statistics_per_group = 16;
    EXPECT_EQ(shape_of(norm, {4, 6, 2, 8}), (Sizes{3, 16, 8, 8}));
    norm.statistics_per_group = 48;
    EXPECT_EQ(shape_of(norm, {4, 6, 2, 8}), (Sizes{1, 48, 8, 8}));
}

// {groups, statistics} as computed.
Sizes computed(const NormConfig &norm, const Sizes &dims) {
    const Problem problem = problem_of(norm, dims);
    EXPECT_EQ(problem.statistics_total(), problem.shape.groups * problem.shape.statistics);
    return {problem.groups, problem.statistics};
}

TEST(ProblemCoupling, LetsEveryStatisticBeAGroupOfItsOwnWhereNoEstimatorCouplesThem) {
    const Sizes dims = {4, 6, 8};
    for (const auto kind : {JSNORM_LAYER_NORM, JSNORM_INSTANCE_NORM}) {
        for (const auto estimator :
             {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_LASSO})
            EXPECT_EQ(computed(norm_of(kind, estimator), dims), (Sizes{24, 1}));
        for (const auto estimator : {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_GRAND_MEAN,
                                     JSNORM_ESTIMATOR_STEIN_CORRECTED, JSNORM_ESTIMATOR_SAMPLING}) {
            EXPECT_EQ(computed(norm_of(kind, estimator), dims), (Sizes{4, 6}));
            NormConfig one = norm_of(kind, estimator);  // one of the two vectors is enough
            one.mean_estimator = JSNORM_ESTIMATOR_NONE;
            EXPECT_EQ(computed(one, dims), (Sizes{4, 6}));
            one = norm_of(kind, estimator);
            one.variance_estimator = JSNORM_ESTIMATOR_RIDGE;
            EXPECT_EQ(computed(one, dims), (Sizes{4, 6}));
        }
    }
}

TEST(ProblemCoupling, BeginsAtTheLeastNumberOfStatisticsThatAnEstimatorShrinks) {
    const auto groups_of = [](jsnormEstimator_t mean, jsnormEstimator_t variance, int64_t K) {
        NormConfig norm = norm_of(JSNORM_LAYER_NORM);
        norm.mean_estimator = mean;
        norm.variance_estimator = variance;
        return computed(norm, {2, K, 8})[0];
    };
    constexpr auto kNone = JSNORM_ESTIMATOR_NONE;
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_JAMES_STEIN, 2), 4);
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_JAMES_STEIN, 3), 2);
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_GRAND_MEAN, 3), 6);
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_GRAND_MEAN, 4), 2);
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_STEIN_CORRECTED, kNone, 2), 4);
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_STEIN_CORRECTED, kNone, 3), 2);
    EXPECT_EQ(groups_of(kNone, JSNORM_ESTIMATOR_STEIN_CORRECTED, 1), 2);
    EXPECT_EQ(groups_of(kNone, JSNORM_ESTIMATOR_STEIN_CORRECTED, 2), 2);  // a geometric mean of 2
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_SAMPLING, JSNORM_ESTIMATOR_SAMPLING, 3), 6);
    EXPECT_EQ(groups_of(JSNORM_ESTIMATOR_SAMPLING, kNone, 4), 2);
    EXPECT_EQ(groups_of(kNone, JSNORM_ESTIMATOR_SAMPLING, 4), 2);
}

// Of a batch norm other processes, or training, may have more elements.
TEST(ProblemCoupling, OfSamplingNeedsTwoElementsWhereTheyAreKnown) {
    const NormConfig layer = norm_of(JSNORM_LAYER_NORM, JSNORM_ESTIMATOR_SAMPLING);
    EXPECT_EQ(computed(layer, {2, 6, 1}), (Sizes{12, 1}));
    EXPECT_EQ(computed(layer, {2, 6, 2}), (Sizes{2, 6}));
    const NormConfig batch = norm_of(JSNORM_BATCH_NORM, JSNORM_ESTIMATOR_SAMPLING);
    EXPECT_EQ(computed(batch, {1, 6}), (Sizes{1, 6}));
}

TEST(ProblemCoupling, KeepsTheOneGroupOfABatchNorm) {
    const NormConfig norm = norm_of(JSNORM_BATCH_NORM, JSNORM_ESTIMATOR_NONE);
    EXPECT_EQ(computed(norm, {4, 6, 8}), (Sizes{1, 6}));
}

TEST(ProblemCoupling, OfAGroupNormSeparatesStatisticsAndNotTheirCells) {
    NormConfig norm = norm_of(JSNORM_GROUP_NORM, JSNORM_ESTIMATOR_NONE);
    norm.group_count = 3;
    EXPECT_EQ(computed(norm, {4, 12, 5}), (Sizes{12, 1}));
    EXPECT_EQ(problem_of(norm, {4, 12, 5}).cells_per_statistic, 4);
}

TEST(ProblemCells, AreTheFinestPiecesOfOneStatisticAndOneParameter) {
    const auto cells = [](const NormConfig &norm, const Sizes &dims) {
        const Problem problem = problem_of(norm, dims);
        EXPECT_EQ(problem.cells * problem.cell_elements, packed(dims).elements());
        EXPECT_EQ(problem.cells, problem.statistics_total() * problem.cells_per_statistic);
        return Sizes{problem.cells, problem.cell_elements, problem.parameter_per_element};
    };
    NormConfig group = norm_of(JSNORM_GROUP_NORM);
    group.group_count = 3;
    EXPECT_EQ(cells(norm_of(JSNORM_BATCH_NORM), {4, 12, 5}), (Sizes{12, 20, 0}));
    EXPECT_EQ(cells(norm_of(JSNORM_BATCH_NORM_PER_ACTIVATION), {4, 12, 5}), (Sizes{60, 4, 0}));
    EXPECT_EQ(cells(norm_of(JSNORM_INSTANCE_NORM), {4, 12, 5}), (Sizes{48, 5, 0}));
    EXPECT_EQ(cells(group, {4, 12, 5}), (Sizes{48, 5, 0}));
    EXPECT_EQ(cells(norm_of(JSNORM_LAYER_NORM), {4, 12, 5}), (Sizes{48, 5, 1}));
    const Problem problem = problem_of(group, {4, 12, 5});
    for (int64_t cell = 0; cell < problem.cells; ++cell)
        EXPECT_EQ(problem.parameter_of_cell(cell), cell % 12);
}

TEST(ProblemOfNothing, IsEmpty) {
    for (const auto kind : {JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION,
                            JSNORM_INSTANCE_NORM, JSNORM_LAYER_NORM, JSNORM_GROUP_NORM})
        for (const Sizes &dims : {Sizes{0, 3, 5}, Sizes{4, 0, 5}, Sizes{4, 3, 0}}) {
            const Problem problem = problem_of(norm_of(kind), dims);
            EXPECT_TRUE(problem.empty());
            EXPECT_EQ(problem.statistics_total(), problem.shape.groups * problem.shape.statistics);
        }
    EXPECT_FALSE(problem_of(norm_of(JSNORM_BATCH_NORM), {1, 1}).empty());
}

void expect_rejected(const NormConfig &norm, const Sizes &dims, jsnormStatus_t status,
                     const std::string &part_of_message) {
    Problem problem;
    EXPECT_EQ(make_problem(norm, packed(dims), "args.x_desc", problem), status);
    const std::string message = last_error();
    EXPECT_NE(message.find("args.x_desc"), std::string::npos) << message;
    EXPECT_NE(message.find(part_of_message), std::string::npos) << message;
}

TEST(ProblemChecks, RejectWhatTheNormCannotNormalize) {
    for (const auto kind : {JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION,
                            JSNORM_INSTANCE_NORM, JSNORM_GROUP_NORM})
        expect_rejected(norm_of(kind), {5}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "rank = 1");
    NormConfig layer = norm_of(JSNORM_LAYER_NORM);
    for (const int32_t axis : {3, 4, -4, -5}) {
        layer.first_normalized_axis = axis;
        expect_rejected(layer, {4, 6, 8}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                        std::to_string(axis));
    }
    layer.first_normalized_axis = -1;
    layer.statistics_per_group = 5;
    expect_rejected(layer, {4, 6, 8}, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "24 rows");
    NormConfig group = norm_of(JSNORM_GROUP_NORM);
    group.group_count = 4;
    expect_rejected(group, {4, 6, 8}, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "dims[1] = 6");
}

}  // namespace
}  // namespace jsnorm::test
