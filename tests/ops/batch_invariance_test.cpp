// SPDX-License-Identifier: Apache-2.0
//
// f(x[:k]) is f(x)[:k], bit for bit, for the kinds whose samples are groups: what a sample gets
// does not depend on how many others there are. The number of samples decides how many threads
// work, and whether they work group by group, so k walks over both changes.

#include <gtest/gtest.h>

#include <numeric>

#include "tests/ops/placed_run.hpp"
#include "tests/support/layout.hpp"

namespace jsnorm::test {
namespace {

// Everything that belongs to samples; dgamma and dbeta belong to all of them.
const std::vector<std::string> kPerSample = {
    "y",           "y_inference",     "saved_mean", "saved_variance",
    "shrunk_mean", "shrunk_variance", "dx",         "dz"};

// The first `count` samples of every output.
Outputs first_of(const Outputs &whole, int64_t count, int64_t samples) {
    Outputs first = only(whole, kPerSample);
    for (auto &[name, bytes] : first)
        bytes.resize(bytes.size() / static_cast<size_t>(samples) * static_cast<size_t>(count));
    return first;
}

// `strides`: of x and all its like, the same for every k: x[:k] is a view of x.
void expect_samples_on_their_own(const PlacedCase &placed, const std::vector<int64_t> &strides,
                                 int32_t threads, const std::vector<int64_t> &counts) {
    PlacedOptions options = all_in(strides);
    options.thread_count = threads;
    const int64_t samples = placed.problem().dims[0];
    const Outputs whole = placed.run(options);
    for (const int64_t count : counts) {
        const Outputs part = only(placed.first_samples(count).run(options), kPerSample);
        EXPECT_EQ(differences(part, first_of(whole, count, samples)), "")
            << describe(placed.problem()) << ", " << count << " of its samples, " << threads
            << " threads";
    }
}

std::vector<int64_t> every_count(int64_t samples) {
    std::vector<int64_t> counts(static_cast<size_t>(samples));
    std::iota(counts.begin(), counts.end(), 1);
    return counts;
}

const std::vector<jsnormNormKind_t> kKinds = {JSNORM_INSTANCE_NORM, JSNORM_GROUP_NORM,
                                              JSNORM_LAYER_NORM};

class BatchInvariance : public testing::TestWithParam<jsnormNormKind_t> {};

TEST_P(BatchInvariance, TheFirstSamplesComeOutAsTheyDoOnTheirOwnInEveryTypeAndLayout) {
    for (const jsnormEstimator_t estimator : {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_RIDGE})
        for (const bool masked : {true, false}) {
            CaseOptions case_options;
            case_options.mean_estimator = case_options.variance_estimator = estimator;
            case_options.activation = masked ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
            const Case problem = make_case(GetParam(), {5, 6, 7, 3}, case_options);
            for (const jsnormDataType_t type : every_data_type())
                for (const Layout layout : every_layout()) {
                    SCOPED_TRACE(std::string(name_of(type)) + " " + name_of(layout));
                    expect_samples_on_their_own(PlacedCase(problem, type),
                                                strides_of(layout, problem.dims), 1,
                                                every_count(problem.dims[0]));
                }
        }
}

TEST_P(BatchInvariance, TheFirstSamplesComeOutAsTheyDoOnTheirOwnWhereTheScheduleChanges) {
    // 20480 elements a sample: 7 threads are used from 6 samples on, and each has two groups of its
    // own from 14 on.
    const Case problem = make_case(GetParam(), {16, 8, 2560});
    const PlacedCase placed(problem, JSNORM_FLOAT);
    for (const int32_t threads : {1, 3, 7})
        expect_samples_on_their_own(placed, strides_of(Layout::Packed, problem.dims), threads,
                                    every_count(problem.dims[0]));
    expect_samples_on_their_own(placed, strides_of(Layout::ChannelsLast, problem.dims), 7,
                                every_count(problem.dims[0]));
}

TEST_P(BatchInvariance, TheFirstSamplesComeOutAsTheyDoOnTheirOwnForEveryOrderOfTheAxes) {
    for (const std::vector<int64_t> &dims :
         {std::vector<int64_t>{4, 6, 5}, {4, 1, 7}, {4, 6, 1}, {70, 1, 3}}) {
        const Case problem = make_case(GetParam(), dims);
        for (const std::vector<size_t> &order : every_order(3)) {
            const std::vector<int64_t> strides = ordered_strides(dims, order);
            SCOPED_TRACE(testing::PrintToString(strides));
            expect_samples_on_their_own(PlacedCase(problem, JSNORM_FLOAT), strides, 1,
                                        {1, 2, dims[0] - 1});
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, BatchInvariance, testing::ValuesIn(kKinds),
                         [](const auto &with) { return std::string(name_of(with.param)); });

TEST(BatchInvarianceOfRows, UncoupledRowsComeOutAsTheyDoOnTheirOwnAcrossBlocksOfRows) {
    // Backward takes rows in blocks of 128, and a thread for two blocks.
    CaseOptions options;
    options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_NONE;
    const Case problem = make_case(JSNORM_LAYER_NORM, {1025, 65}, options);
    for (const int32_t threads : {1, 2, 3})
        expect_samples_on_their_own(PlacedCase(problem, JSNORM_FLOAT),
                                    strides_of(Layout::Packed, problem.dims), threads,
                                    {1, 2, 127, 128, 129, 255, 256, 257, 511, 512, 513, 768, 1024});
}

TEST(BatchInvarianceOfRows, GroupsOfRowsComeOutAsTheyDoOnTheirOwn) {
    CaseOptions options;
    options.statistics_per_group = 12;
    const Case problem = make_case(JSNORM_LAYER_NORM, {120, 33}, options);
    for (const jsnormDataType_t type : every_data_type())
        expect_samples_on_their_own(PlacedCase(problem, type),
                                    strides_of(Layout::Packed, problem.dims), 1,
                                    {12, 24, 36, 96, 108});
}

}  // namespace
}  // namespace jsnorm::test
