// SPDX-License-Identifier: Apache-2.0
//
// The library against the oracle: every layer kind, in sizes that come from the structure of the
// loops, in every type and layout.
//
// The structure: reductions over contiguous elements go by tiles of 4096 elements in rows of 32
// lanes, 16 tiles to a chunk, rows by blocks of 128; reductions over rows go by tiles of 256 rows,
// chunks of 4096 rows and blocks of 64 columns. Sizes are one less, equal, one more, and primes.

#include <gtest/gtest.h>

#include "tests/support/agreement.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;

bool wants_mask(const Case &problem, const RunOptions &options) {
    return problem.activation == JSNORM_ACTIVATION_RELU && (options.use_mask || !problem.z.empty());
}

void expect_agreement(const Case &problem, const RunOptions &options) {
    const Agreement agreement = agree_with_oracle(problem, options);
    const std::string what =
        describe(problem) + ", " + name_of(options.type) + ", " + name_of(options.layout);
    EXPECT_EQ(agreement.complaints, "") << what;
    EXPECT_TRUE(agreement.compared("y") && agreement.compared("y_inference")) << what;
    EXPECT_TRUE(agreement.compared("saved_variance") && agreement.compared("shrunk_mean")) << what;
    const bool gradients = is_dense(options.layout) || !wants_mask(problem, options);
    EXPECT_EQ(agreement.compared("dx") && agreement.compared("dgamma"), gradients) << what;
}

// ---- Every kind, pair of estimators, type and layout, in small shapes ------------------------

class SmallShapes : public testing::TestWithParam<jsnormDataType_t> {};

TEST_P(SmallShapes, AgreeForEveryKindPairOfEstimatorsAndLayout) {
    Random random(11);
    for (const auto &[mean, variance] : every_estimator_pair())
        for (const Layout layout : every_layout()) {
            CaseOptions data;
            data.mean_estimator = mean;
            data.variance_estimator = variance;
            data.lambda = 0.8;
            data.activation =
                random.integer(0, 1) ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
            data.residual = random.integer(0, 1);
            data.seed = random.bits();
            RunOptions options;
            options.type = GetParam();
            options.layout = layout;
            options.use_mask = is_dense(layout) && random.integer(0, 1);
            options.dz = data.activation == JSNORM_ACTIVATION_NONE;
            for (const Case &problem : small_cases(data)) expect_agreement(problem, options);
        }
}

TEST_P(SmallShapes, AgreeForEveryWayToKeepRunningStatistics) {
    for (const jsnormEstimator_t estimator : every_estimator())
        for (const auto mode : {JSNORM_RUNNING_SHRUNK, JSNORM_RUNNING_RAW})
            for (const auto correction :
                 {JSNORM_RUNNING_VARIANCE_CORRECTED, JSNORM_RUNNING_VARIANCE_BIASED})
                for (const double factor : {0.0, 0.1, 1.0})
                    for (const jsnormDataType_t running_type : every_data_type()) {
                        CaseOptions data;
                        data.mean_estimator = data.variance_estimator = estimator;
                        Case problem = make_case(JSNORM_BATCH_NORM, {6, 5, 2}, data);
                        problem.running_mode = mode;
                        problem.running_variance_correction = correction;
                        problem.factor = factor;
                        problem.running_element_count = mode == JSNORM_RUNNING_RAW ? 50 : 0;
                        RunOptions options;
                        options.type = GetParam();
                        options.running_type = running_type;
                        expect_agreement(problem, options);
                    }
}

// A fraction shrinks more; means that differ by less than their noise are all the same.
TEST_P(SmallShapes, AgreeForEveryEffectiveFractionOfSampling) {
    for (const double fraction : {1e-3, 0.25, 1.0})
        for (const double spread : {0.01, 3.0})
            for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
                CaseOptions data;
                data.mean_estimator = data.variance_estimator = JSNORM_ESTIMATOR_SAMPLING;
                data.effective_fraction = fraction;
                data.mean_spread = spread;
                RunOptions options;
                options.type = GetParam();
                options.layout = layout;
                for (const Case &problem : small_cases(data)) expect_agreement(problem, options);
            }
}

TEST_P(SmallShapes, AgreeForEveryChoiceOfOptionalPointers) {
    for (int given = 0; given < 32; ++given)
        for (const jsnormNormKind_t kind : every_kind()) {
            CaseOptions data;
            data.gamma = given & 1;
            data.beta = given & 2;
            data.residual = given & 4;
            data.activation = given & 8 ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
            data.seed = static_cast<uint64_t>(given) + 1;
            RunOptions options;
            options.type = GetParam();
            options.parameter_type = given & 16 ? JSNORM_FLOAT : GetParam();
            options.layout = Layout::ChannelsLast;
            expect_agreement(make_case(kind, {3, 4, 5}, data), options);
        }
}

// Channels of all samples are then neighbours in memory, and their parameters repeat.
TEST_P(SmallShapes, AgreeForSamplesWithOneElementPerChannel) {
    for (const jsnormEstimator_t estimator : every_estimator())
        for (const int64_t channels : {6, 12000}) {  // sample by sample, and all of them at once
            CaseOptions data;
            data.mean_estimator = data.variance_estimator = estimator;
            RunOptions options;
            options.type = GetParam();
            options.thread_count = 2;
            expect_agreement(make_case(JSNORM_INSTANCE_NORM, {3, channels, 1}, data), options);
        }
}

TEST_P(SmallShapes, AgreeInPlaceAndBetweenLayouts) {
    CaseOptions data;
    data.activation = JSNORM_ACTIVATION_RELU;
    for (const bool residual : {false, true}) {
        data.residual = residual;
        for (const Case &problem : small_cases(data)) {
            RunOptions options;
            options.type = GetParam();
            for (const InPlace place : {InPlace::Input, InPlace::Residual}) {
                options.in_place = place;
                expect_agreement(problem, options);
            }
            options.in_place = InPlace::No;
            for (const Layout second : every_layout()) {
                options.second_layout = second;
                expect_agreement(problem, options);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(OracleAgreement, SmallShapes, testing::ValuesIn(every_data_type()),
                         [](const auto &instance) { return std::string(name_of(instance.param)); });

// ---- Sizes from the structure ----------------------------------------------------------------

// One less, equal, one more.
std::vector<int64_t> around(std::initializer_list<int64_t> sizes) {
    std::vector<int64_t> result;
    for (const int64_t size : sizes)
        for (const int64_t near : {size - 1, size, size + 1}) result.push_back(near);
    return result;
}

struct Sized {
    jsnormNormKind_t kind;
    Dims dims;
    int64_t statistics_per_group = 0;
};

// The reduced elements are contiguous.
std::vector<Sized> row_shapes() {
    std::vector<Sized> shapes;
    for (const int64_t R : {1, 2, 3, 5, 31, 32, 33, 127, 1021})
        shapes.push_back({JSNORM_LAYER_NORM, {2, 4, R}});
    for (const int64_t R : around({4096, 8192})) {
        shapes.push_back({JSNORM_LAYER_NORM, {1, 3, R}});
        shapes.push_back({JSNORM_INSTANCE_NORM, {1, 4, R}});
    }
    shapes.push_back({JSNORM_LAYER_NORM, {3, 65521}, 3});
    for (const int64_t R : around({65536})) shapes.push_back({JSNORM_INSTANCE_NORM, {1, 1, R}});
    shapes.push_back({JSNORM_INSTANCE_NORM, {1, 3, 131072 + 37}});
    for (const int64_t rows : around({128, 256})) {
        shapes.push_back({JSNORM_LAYER_NORM, {1, rows, 7}});
        shapes.push_back({JSNORM_LAYER_NORM, {rows, 3, 5}});
        shapes.push_back({JSNORM_INSTANCE_NORM, {3, rows, 3}});
        shapes.push_back({JSNORM_GROUP_NORM, {2, rows * 2, 3}});
    }
    // Batch norm gathers a statistic from N stretches of contiguous elements.
    for (const auto &[N, S] : std::vector<std::pair<int64_t, int64_t>>{
             {5, 819}, {4, 1024}, {17, 241}, {31, 32}, {3, 4097}, {2, 32749}, {65, 1009}})
        shapes.push_back({JSNORM_BATCH_NORM, {N, 3, S}});
    shapes.push_back({JSNORM_BATCH_NORM, {7, 67, 11, 3}});
    shapes.push_back({JSNORM_BATCH_NORM, {2, 513, 4}});
    shapes.push_back({JSNORM_GROUP_NORM, {2, 12, 11, 31}});
    shapes.push_back({JSNORM_GROUP_NORM, {1, 4, 4096}});
    shapes.push_back({JSNORM_GROUP_NORM, {1, 6, 2731}});
    return shapes;
}

// The statistics are contiguous: (N,C), per activation, and with channels last everything else.
std::vector<Sized> column_shapes() {
    std::vector<Sized> shapes;
    for (const int64_t rows : around({256, 4096, 8192}))
        for (const int64_t C : {1, 3, 5}) shapes.push_back({JSNORM_BATCH_NORM, {rows, C}});
    for (const int64_t C : around({64, 128}))
        for (const int64_t rows : {1, 2, 5, 257}) shapes.push_back({JSNORM_BATCH_NORM, {rows, C}});
    for (const int64_t rows : around({256}))
        shapes.push_back({JSNORM_BATCH_NORM_PER_ACTIVATION, {rows, 5, 13}});
    shapes.push_back({JSNORM_BATCH_NORM_PER_ACTIVATION, {4099, 2, 2}});
    shapes.push_back({JSNORM_BATCH_NORM_PER_ACTIVATION, {3, 257, 7}});
    // Channels last, the rows being positions: 255, 256, 257, 4095, 4096, 4097 of them and a prime.
    for (const Dims &spatial :
         {Dims{15, 17}, {16, 16}, {257}, {63, 65}, {64, 64}, {17, 241}, {1021}}) {
        for (const int64_t C : {5, 33}) {
            Dims dims = {1, C};
            dims.insert(dims.end(), spatial.begin(), spatial.end());
            shapes.push_back({JSNORM_BATCH_NORM, dims});
            shapes.push_back({JSNORM_INSTANCE_NORM, dims});
        }
    }
    shapes.push_back({JSNORM_BATCH_NORM, {4, 65, 8, 8}});
    shapes.push_back({JSNORM_BATCH_NORM, {2, 31, 3, 5, 47}});
    return shapes;
}

// The rest of a problem, drawn by lot: over the list every choice meets every other.
void expect_agreement_of_all(const std::vector<Sized> &shapes, jsnormDataType_t type) {
    Random random(17);
    const auto pairs = every_estimator_pair();
    for (const Sized &shape : shapes)
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
            CaseOptions data;
            const auto pair =
                static_cast<size_t>(random.integer(0, static_cast<int64_t>(pairs.size()) - 1));
            std::tie(data.mean_estimator, data.variance_estimator) = pairs[pair];
            data.activation =
                random.integer(0, 1) ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
            data.residual = random.integer(0, 1);
            data.gamma = random.integer(0, 3) > 0;
            data.beta = random.integer(0, 3) > 0;
            data.statistics_per_group = shape.statistics_per_group;
            data.seed = random.bits();
            RunOptions options;
            options.type = type;
            options.layout = layout;
            options.use_mask = random.integer(0, 1);
            options.parameter_type = random.integer(0, 1) ? type : JSNORM_FLOAT;
            expect_agreement(make_case(shape.kind, shape.dims, data), options);
        }
}

class StructureSizes : public testing::TestWithParam<jsnormDataType_t> {};

TEST_P(StructureSizes, AgreeWhereReducedElementsAreContiguous) {
    expect_agreement_of_all(row_shapes(), GetParam());
}

TEST_P(StructureSizes, AgreeWhereStatisticsAreContiguous) {
    expect_agreement_of_all(column_shapes(), GetParam());
}

// Few channels beside each other, each a group of its own, and not all of them fit what a thread
// takes at a time: rows of them must stay whole.
TEST_P(StructureSizes, AgreeWhereUncoupledNeighboursAreFoldedAndLong) {
    for (const int64_t samples : {1, 2, 9}) {
        CaseOptions data;
        data.mean_estimator = data.variance_estimator = JSNORM_ESTIMATOR_NONE;
        data.seed = static_cast<uint64_t>(samples);
        RunOptions options;
        options.type = GetParam();
        options.layout = Layout::ChannelsLast;
        for (const int64_t size : {70, 130, 200}) {
            expect_agreement(make_case(JSNORM_INSTANCE_NORM, {samples, 5, size, size}, data),
                             options);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(OracleAgreement, StructureSizes, testing::ValuesIn(every_data_type()),
                         [](const auto &instance) { return std::string(name_of(instance.param)); });

// ---- What is hard -----------------------------------------------------------------------------

TEST(OracleAgreement, HoldsForAMeanAMillionDeviationsAway) {
    for (const jsnormNormKind_t kind : every_kind())
        for (const jsnormEstimator_t estimator : every_estimator())
            for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
                CaseOptions data;
                data.mean_estimator = estimator;
                data.mean = 1e4;
                data.mean_spread = 1e-2;
                data.deviation = 1e-2;
                data.lambda = 1e-3;
                data.epsilon = 1e-12;
                data.residual = true;
                RunOptions options;
                options.type = JSNORM_FLOAT;
                options.running_type = JSNORM_DOUBLE;
                options.layout = layout;
                expect_agreement(make_case(kind, {4, 5, 67, 8}, data), options);
            }
}

TEST(OracleAgreement, HoldsForZeroSizes) {
    for (const Dims &dims : {Dims{0, 4, 3}, {3, 4, 0}, {3, 0, 4}, {0, 0}})
        for (const jsnormNormKind_t kind : every_kind())
            for (const jsnormDataType_t type : every_data_type()) {
                const Case problem = make_case(kind, dims, {});
                RunOptions options;
                options.type = type;
                options.inference = !is_batch_kind(kind) || !problem.running_mean.empty();
                options.backward_fixed = options.inference;
                const Agreement agreement = agree_with_oracle(problem, options);
                EXPECT_EQ(agreement.complaints, "") << describe(problem);
                const View view = view_of(problem);
                EXPECT_EQ(agreement.compared("dgamma"), view.parameter_count > 0);
                EXPECT_EQ(agreement.compared("saved_mean"), view.statistics() > 0);
            }
}

TEST(OracleAgreement, HoldsForEpsilonZeroAndConstantChannels) {
    for (const jsnormNormKind_t kind : every_kind())
        for (const auto &[mean, variance] : every_estimator_pair()) {
            CaseOptions data;
            data.mean_estimator = mean;
            data.variance_estimator = variance;
            data.lambda = 0.8;
            data.epsilon = 0;
            Case problem = make_case(kind, {4, 4, 6}, data);
            const std::vector<int64_t> statistic = statistic_indices(problem);
            for (size_t e = 0; e < problem.x.size(); ++e)
                if (statistic[e] % 3 == 1) problem.x[e] = 2;
            for (const jsnormDataType_t type : {JSNORM_DOUBLE, JSNORM_FLOAT}) {
                RunOptions options;
                options.type = type;
                expect_agreement(problem, options);
            }
        }
}

}  // namespace
}  // namespace jsnorm::test
