// SPDX-License-Identifier: Apache-2.0
//
// Bitwise the same results for any number of threads, from run to run and whatever is in the
// workspace. The backend takes a thread for every 16384 elements, so the tensors are large; it
// works group by group where there are two groups for each thread, else pass by pass, so the
// numbers of groups lie on both sides of that.

#include <gtest/gtest.h>

#include "tests/ops/placed_run.hpp"
#include "tests/support/layout.hpp"

namespace jsnorm::test {
namespace {

constexpr int64_t kElementsPerThread = 16384;
constexpr int32_t kThreads[] = {2, 3, 7, 16};

// All bits of all outputs, of training, inference and both gradients, against those of one thread.
void expect_same_bits_as_one_thread(const PlacedCase &placed, PlacedOptions options,
                                    const std::vector<int32_t> &thread_counts) {
    const Case &problem = placed.problem();
    const int32_t most = *std::max_element(thread_counts.begin(), thread_counts.end());
    ASSERT_GE(element_count(problem), most * kElementsPerThread) << describe(problem);
    options.thread_count = 1;
    const Outputs expected = placed.run(options);
    for (const int32_t threads : thread_counts) {
        options.thread_count = threads;
        options.workspace_fill = static_cast<unsigned char>(0x37 * threads);
        EXPECT_EQ(differences(placed.run(options), expected), "") << threads << " threads";
    }
}

std::vector<int64_t> dims_of(jsnormNormKind_t kind) {
    switch (kind) {
        case JSNORM_BATCH_NORM:
            return {9, 33, 389};
        case JSNORM_BATCH_NORM_PER_ACTIVATION:
            return {301, 9, 43};
        case JSNORM_LAYER_NORM:
            return {3, 129, 301};
        default:
            return {11, 12, 877};
    }
}

using KindAndType = std::tuple<jsnormNormKind_t, jsnormDataType_t>;
class ThreadInvariance : public testing::TestWithParam<KindAndType> {};

TEST_P(ThreadInvariance, EveryBitIsThatOfOneThreadInEveryLayout) {
    const auto [kind, type] = GetParam();
    CaseOptions case_options;
    case_options.activation = JSNORM_ACTIVATION_RELU;
    case_options.residual = true;
    const Case with_z = make_case(kind, dims_of(kind), case_options);
    Case without_z = with_z;
    without_z.z = {};
    const PlacedCase masked(with_z, type);
    const PlacedCase recomputed(without_z, type);
    for (const Layout layout : every_layout()) {
        SCOPED_TRACE(describe(with_z) + " " + name_of(type) + " " + name_of(layout));
        // A mask needs a dense x, and z a mask.
        expect_same_bits_as_one_thread(is_dense(layout) ? masked : recomputed,
                                       all_in(strides_of(layout, with_z.dims)), {2, 3, 7});
    }
}

INSTANTIATE_TEST_SUITE_P(KindsAndTypes, ThreadInvariance,
                         testing::Combine(testing::ValuesIn(every_kind()),
                                          testing::ValuesIn(every_data_type())),
                         [](const auto &with) {
                             return std::string(name_of(std::get<0>(with.param))) + "_" +
                                    name_of(std::get<1>(with.param));
                         });

TEST(ThreadSchedule, GroupByGroupAndPassByPassGiveTheSameBitsForCoupledGroups) {
    for (const jsnormNormKind_t kind : {JSNORM_INSTANCE_NORM, JSNORM_GROUP_NORM, JSNORM_LAYER_NORM})
        for (const int32_t threads : kThreads)
            for (const int64_t groups : {2 * threads - 1, 2 * threads, 2 * threads + 1}) {
                const int64_t inner = threads * kElementsPerThread / (groups * 8) + 1;
                const Case problem = make_case(kind, {groups, 8, inner});
                SCOPED_TRACE(describe(problem));
                expect_same_bits_as_one_thread(PlacedCase(problem, JSNORM_FLOAT), {}, {threads});
            }
}

TEST(ThreadSchedule, GroupByGroupAndPassByPassGiveTheSameBitsForUncoupledRows) {
    constexpr int64_t kRowsInSlab = 128;  // in backward, where rows share dgamma and dbeta
    CaseOptions options;
    options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_NONE;
    for (const int32_t threads : kThreads)
        for (const int64_t slabs : {2 * threads - 1, 2 * threads, 2 * threads + 1})
            for (const int64_t rows : {slabs * kRowsInSlab - 1, slabs * kRowsInSlab}) {
                const int64_t inner = threads * kElementsPerThread / rows + 1;
                const Case problem = make_case(JSNORM_LAYER_NORM, {rows, inner}, options);
                SCOPED_TRACE(describe(problem));
                expect_same_bits_as_one_thread(PlacedCase(problem, JSNORM_FLOAT), {}, {threads});
            }
}

// Channel by channel, or a few channels of small planes at a time, or pass by pass.
TEST(ThreadSchedule, ChannelsThatNothingCouplesGiveTheSameBitsInPlanes) {
    CaseOptions options;
    options.mean_estimator = JSNORM_ESTIMATOR_NONE;
    options.variance_estimator = JSNORM_ESTIMATOR_LASSO;
    options.activation = JSNORM_ACTIVATION_RELU;
    options.residual = true;
    for (const std::vector<int64_t> &dims :
         {std::vector<int64_t>{6, 11, 5500}, {40, 301, 21}, {3, 5, 36000}, {90, 3, 700}}) {
        const Case problem = make_case(JSNORM_BATCH_NORM, dims, options);
        SCOPED_TRACE(describe(problem));
        expect_same_bits_as_one_thread(PlacedCase(problem, JSNORM_FLOAT), {}, {2, 3, 7});
    }
}

TEST(ThreadSchedule, StatisticsOfManyChunksAndTensorsOfManyChannelsGiveTheSameBits) {
    const std::vector<std::vector<int64_t>> shapes = {
        {3, 2, 65600},  // chunks of a row
        {4500, 70},     // chunks of columns, two blocks of 64
        {130, 2100},    // three blocks of 1024 columns
        {2, 1, 140000}, {262145, 1},
    };
    for (const std::vector<int64_t> &dims : shapes)
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
            const Case problem = make_case(JSNORM_BATCH_NORM, dims);
            SCOPED_TRACE(describe(problem) + " " + name_of(layout));
            expect_same_bits_as_one_thread(PlacedCase(problem, JSNORM_FLOAT),
                                           all_in(strides_of(layout, dims)), {3, 16});
        }
}

TEST(ThreadSchedule, AnyOrderOfTheAxesGivesTheSameBitsAlsoWithASingleChannel) {
    for (const jsnormNormKind_t kind : every_kind())
        for (const std::vector<int64_t> &dims : {std::vector<int64_t>{3, 1, 10923}, {3, 4, 2731}}) {
            const Case problem = make_case(kind, dims);
            const PlacedCase placed(problem, JSNORM_FLOAT);
            for (const std::vector<size_t> &order : every_order(3)) {
                const std::vector<int64_t> strides = ordered_strides(dims, order);
                SCOPED_TRACE(describe(problem) + " " + testing::PrintToString(strides));
                expect_same_bits_as_one_thread(placed, all_in(strides), {2});
            }
        }
}

TEST(ThreadInvariancePhases, EveryBitOfEveryPhaseIsThatOfOneThread) {
    CaseOptions case_options;
    case_options.activation = JSNORM_ACTIVATION_RELU;
    const Case problem = make_case(JSNORM_BATCH_NORM, {8, 24, 1400}, case_options);
    RunOptions options;
    options.type = JSNORM_FLOAT;
    const PhaseOptions phases = {{3, 0, 5}};
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
        options.layout = layout;
        options.thread_count = 1;
        const RunResult expected = run_phases(problem, options, phases);
        for (const int32_t threads : {2, 3, 7, 16}) {
            options.thread_count = threads;
            EXPECT_EQ(differences(run_phases(problem, options, phases).raw, expected.raw), "")
                << threads << " threads, " << name_of(layout);
        }
    }
}

TEST(ThreadInvarianceRepeats, RunsWithGarbageInTheWorkspaceGiveTheSameBits) {
    for (const jsnormNormKind_t kind : every_kind()) {
        CaseOptions case_options;
        case_options.activation = JSNORM_ACTIVATION_RELU;
        const Case problem = make_case(kind, {6, 9, 701}, case_options);
        const PlacedCase placed(problem, JSNORM_FLOAT);
        PlacedOptions options;
        const Outputs expected = placed.run(options);
        for (int repeat = 0; repeat < 30; ++repeat) {
            options.thread_count = 1 + repeat % 3;
            options.workspace_fill = static_cast<unsigned char>(repeat * 9);
            ASSERT_EQ(differences(placed.run(options), expected), "")
                << describe(problem) << " repeat " << repeat;
        }
    }
}

}  // namespace
}  // namespace jsnorm::test
