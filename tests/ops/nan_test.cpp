// SPDX-License-Identifier: Apache-2.0
//
// One NaN or infinity, wherever it stands, reaches exactly the outputs that the header says: every
// output of its own statistic where statistics are not shrunk as vectors, of its whole group where
// they are, its own element alone at inference. It is neither hidden, as a maximum or a comparison
// would hide it, nor spread.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/api_runner.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPoisons[] = {kNan, kInfinity, -kInfinity};

struct Shape {
    const char *name;
    jsnormNormKind_t kind;
    std::vector<int64_t> dims;
    Layout layout;
    int64_t statistics_per_group = 0;
};

// Reductions go by tiles of 4096 elements in 32 lanes (rows), or of 256 rows (channels last), and
// the last tile is not full.
const std::vector<Shape> kShapes = {
    {"batch", JSNORM_BATCH_NORM, {3, 5, 7}, Layout::Packed},
    {"batch, tiles", JSNORM_BATCH_NORM, {1, 4, 4100}, Layout::Packed},
    {"batch, channels last", JSNORM_BATCH_NORM, {2, 5, 131}, Layout::ChannelsLast},
    {"per activation", JSNORM_BATCH_NORM_PER_ACTIVATION, {3, 5, 4}, Layout::Packed},
    {"instance", JSNORM_INSTANCE_NORM, {3, 5, 70}, Layout::Packed},
    {"rows", JSNORM_LAYER_NORM, {3, 5, 70}, Layout::Packed},
    {"rows, tiles", JSNORM_LAYER_NORM, {2, 4, 4100}, Layout::Packed},
    {"rows, in groups", JSNORM_LAYER_NORM, {2, 8, 33}, Layout::Packed, 4},
    {"rows, channels last", JSNORM_LAYER_NORM, {2, 5, 300}, Layout::ChannelsLast},
    {"groups", JSNORM_GROUP_NORM, {2, 8, 35}, Layout::Packed},
};

struct Estimators {
    jsnormEstimator_t mean, variance;
};

// Alone, both, and either with another: the coupling of one vector must not need the other's.
const std::vector<Estimators> kEstimators = {
    {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_NONE},
    {JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_RIDGE},
    {JSNORM_ESTIMATOR_LASSO, JSNORM_ESTIMATOR_LASSO},
    {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_JAMES_STEIN},
    {JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_GRAND_MEAN},
    {JSNORM_ESTIMATOR_STEIN_CORRECTED, JSNORM_ESTIMATOR_STEIN_CORRECTED},
    {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_NONE},
    {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_JAMES_STEIN},
    {JSNORM_ESTIMATOR_LASSO, JSNORM_ESTIMATOR_STEIN_CORRECTED},
    {JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_RIDGE},
    {JSNORM_ESTIMATOR_SAMPLING, JSNORM_ESTIMATOR_SAMPLING},
    {JSNORM_ESTIMATOR_SAMPLING, JSNORM_ESTIMATOR_NONE},
    {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_SAMPLING},
};

bool couples(jsnormEstimator_t estimator) {
    return estimator == JSNORM_ESTIMATOR_JAMES_STEIN || estimator == JSNORM_ESTIMATOR_GRAND_MEAN ||
           estimator == JSNORM_ESTIMATOR_STEIN_CORRECTED || estimator == JSNORM_ESTIMATOR_SAMPLING;
}

// Of the uncoupled estimators NONE, of the coupled ones James-Stein.
bool stands_for_its_kind(const Estimators &estimators) {
    return estimators.mean == estimators.variance &&
           (estimators.mean == JSNORM_ESTIMATOR_NONE ||
            estimators.mean == JSNORM_ESTIMATOR_JAMES_STEIN);
}

Case case_of(const Shape &shape, const Estimators &estimators,
             jsnormActivation_t activation = JSNORM_ACTIVATION_NONE) {
    CaseOptions options;
    options.mean_estimator = estimators.mean;
    options.variance_estimator = estimators.variance;
    options.activation = activation;
    options.lambda = 0.1;  // thresholds no variance away
    options.deviation = 2;
    options.statistics_per_group = shape.statistics_per_group;
    return make_case(shape.kind, shape.dims, options);
}

// First and last element of the tensor, around tiles, lanes and blocks, and anywhere.
std::vector<size_t> places_in(const Case &problem, uint64_t seed, int anywhere) {
    const auto count = static_cast<int64_t>(problem.x.size());
    std::vector<int64_t> places = {0, count - 1};
    for (const int64_t edge : {31, 32, 255, 256, 4095, 4096, 4099}) {
        places.push_back(edge);                        // of the first cell of rows
        places.push_back(edge * problem.dims[1] + 1);  // of a cell of columns
        places.push_back(problem.dims.back() + edge);  // of the second cell
    }
    Random random(seed);
    for (int i = 0; i < anywhere; ++i) places.push_back(random.integer(0, count - 1));
    std::vector<size_t> inside;
    for (const int64_t place : places)
        if (place < count) inside.push_back(static_cast<size_t>(place));
    return inside;
}

// Which entries are to be poisoned, by element, statistic or parameter.
using Set = std::vector<bool>;

struct Expected {
    Set elements, statistics, parameters;

    Expected(const Case &problem, const Estimators &estimators, size_t place) {
        const View view = view_of(problem);
        const std::vector<int64_t> statistic = statistic_indices(problem);
        const std::vector<int64_t> parameter = parameter_indices(problem);
        const bool together = couples(estimators.mean) || couples(estimators.variance);
        const int64_t width = together ? view.statistics_per_group : 1;
        elements.resize(statistic.size());
        statistics.resize(static_cast<size_t>(view.statistics()));
        parameters.resize(static_cast<size_t>(view.parameter_count));
        for (size_t e = 0; e < statistic.size(); ++e) {
            if (statistic[e] / width != statistic[place] / width) continue;
            elements[e] = true;
            parameters[static_cast<size_t>(parameter[e])] = true;
        }
        statistics[static_cast<size_t>(statistic[place])] = true;
    }
};

void expect_poisoned(const char *name, const Values &got, const Set &expected) {
    ASSERT_EQ(got.size(), expected.size()) << name;
    for (size_t i = 0; i < got.size(); ++i)
        ASSERT_EQ(!std::isfinite(got[i]), expected[i]) << name << "[" << i << "] is " << got[i];
}

// Not merely infinite: a NaN is what the mean of an infinity subtracted from it gives.
void expect_nan(const char *name, const Values &got, const Set &expected) {
    ASSERT_EQ(got.size(), expected.size()) << name;
    for (size_t i = 0; i < got.size(); ++i)
        ASSERT_TRUE(expected[i] ? std::isnan(got[i]) : std::isfinite(got[i]))
            << name << "[" << i << "] is " << got[i];
}

Set only(size_t count, size_t place) {
    Set set(count);
    set[place] = true;
    return set;
}

RunOptions options_for(jsnormDataType_t type, const Shape &shape) {
    RunOptions options;
    options.type = type;
    options.layout = shape.layout;
    options.dz = true;
    return options;
}

std::string describe(const Shape &shape, const Estimators &estimators, size_t place,
                     double poison) {
    return std::string(shape.name) + ", " + name_of(estimators.mean) + "/" +
           name_of(estimators.variance) + ", " + std::to_string(poison) + " at element " +
           std::to_string(place);
}

// Calls body(case, estimators, shape, place, poison, options) for each kind of poison, in turn, at
// one place after the other.
template <typename Body>
void for_every_place(jsnormDataType_t type, uint64_t seed, Body body) {
    for (const Shape &shape : kShapes)
        for (const Estimators &estimators : kEstimators) {
            const Case problem = case_of(shape, estimators);
            const bool large = problem.x.size() > 10000;
            // What estimators do to a statistic does not depend on how many tiles it took.
            if (large && !stands_for_its_kind(estimators)) continue;
            size_t turn = 0;
            for (const size_t place : places_in(problem, seed, large ? 1 : 4)) {
                const double poison = kPoisons[turn++ % 3];
                SCOPED_TRACE(describe(shape, estimators, place, poison));
                body(problem, estimators, place, poison, options_for(type, shape));
            }
        }
}

class NanContainment : public testing::TestWithParam<jsnormDataType_t> {};

TEST_P(NanContainment, InXPoisonsItsStatisticOrItsGroupForwardAndBackwardAndNothingElse) {
    for_every_place(GetParam(), 1,
                    [](Case problem, const Estimators &estimators, size_t place, double poison,
                       RunOptions options) {
                        problem.x[place] = poison;
                        options.backward_fixed = options.inference = false;
                        const RunResult got = run(problem, options);
                        const Expected expected(problem, estimators, place);
                        expect_nan("y", got.y, expected.elements);
                        expect_nan("saved_mean", got.saved_mean, expected.statistics);
                        expect_nan("saved_variance", got.saved_variance, expected.statistics);
                        expect_nan("dx", got.dx, expected.elements);
                        expect_nan("dgamma", got.dgamma, expected.parameters);
                        // Of dy alone.
                        expect_nan("dbeta", got.dbeta, Set(got.dbeta.size()));
                        expect_nan("dz", got.dz, Set(got.dz.size()));
                    });
}

TEST_P(NanContainment, InXAtInferenceOfBatchKindsPoisonsItsOwnElementAlone) {
    for_every_place(
        GetParam(), 2,
        [](Case problem, const Estimators &, size_t place, double poison, RunOptions options) {
            if (!is_batch_kind(problem.kind)) return;
            problem.x[place] = poison;
            options.training = options.backward = false;
            const RunResult got = run(problem, options);
            const auto parameter = static_cast<size_t>(parameter_indices(problem)[place]);
            expect_poisoned("y_inference", got.y_inference, only(problem.x.size(), place));
            expect_poisoned("dx_fixed", got.dx_fixed, Set(problem.x.size()));
            expect_poisoned("dgamma_fixed", got.dgamma_fixed,
                            only(problem.gamma.size(), parameter));
            expect_poisoned("dbeta_fixed", got.dbeta_fixed, Set(problem.beta.size()));
        });
}

TEST_P(NanContainment, InDyPoisonsTheGradientsOfItsStatisticOrItsGroupAndItsOwnParameter) {
    for_every_place(
        GetParam(), 3,
        [](Case problem, const Estimators &estimators, size_t place, double poison,
           RunOptions options) {
            problem.dy[place] = poison;
            options.backward_fixed = options.inference = false;
            const RunResult got = run(problem, options);
            const Expected expected(problem, estimators, place);
            const auto parameter = static_cast<size_t>(parameter_indices(problem)[place]);
            expect_poisoned("y", got.y, Set(got.y.size()));
            expect_poisoned("dx", got.dx, expected.elements);
            expect_poisoned("dz", got.dz, only(problem.x.size(), place));
            expect_poisoned("dgamma", got.dgamma, only(problem.gamma.size(), parameter));
            expect_poisoned("dbeta", got.dbeta, only(problem.beta.size(), parameter));
        });
}

TEST_P(NanContainment, ReluLetsNanThroughAndGatesItsGradient) {
    for (const Shape &shape : kShapes)
        for (const bool use_mask : {false, true}) {
            const Estimators estimators = {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_NONE};
            Case problem = case_of(shape, estimators, JSNORM_ACTIVATION_RELU);
            const size_t place = problem.x.size() / 2;
            SCOPED_TRACE(describe(shape, estimators, place, kNan));
            problem.x[place] = kNan;
            RunOptions options = options_for(GetParam(), shape);
            options.use_mask = use_mask;
            options.dz = use_mask;  // needs the mask
            const RunResult got = run(problem, options);
            const Expected expected(problem, estimators, place);
            expect_nan("y", got.y, expected.elements);
            const bool batch = is_batch_kind(problem.kind);
            expect_nan("y_inference", got.y_inference,
                       batch ? only(problem.x.size(), place) : expected.elements);
            // What is not positive has no gradient through the activation.
            for (size_t e = 0; e < got.dz.size(); ++e) {
                if (expected.elements[e]) {
                    ASSERT_EQ(got.dz[e], 0);
                }
            }
            expect_nan("dbeta", got.dbeta, Set(got.dbeta.size()));
            expect_nan("dx", got.dx, expected.elements);
        }
}

TEST_P(NanContainment, InOneRowLeavesTheBitsOfAllOthers) {
    for (const Shape &shape : {kShapes[5], kShapes[6]}) {
        const Estimators none = {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_NONE};
        Case problem = case_of(shape, none);
        const RunOptions options = options_for(GetParam(), shape);
        const RunResult clean = run(problem, options);
        const int64_t row = 2;
        const std::vector<int64_t> statistic = statistic_indices(problem);
        for (size_t e = 0; e < problem.x.size(); ++e)
            if (statistic[e] == row) problem.x[e] = kNan;
        const RunResult got = run(problem, options);
        for (size_t e = 0; e < problem.x.size(); ++e) {
            if (statistic[e] == row) continue;
            ASSERT_EQ(got.y[e], clean.y[e]);
            ASSERT_EQ(got.dx[e], clean.dx[e]);
        }
    }
}

// Below its minimum an estimator is NONE, not a shrinkage by a factor that happens to be 1: 0 times
// a NaN would carry it over.
TEST_P(NanContainment, StaysInItsStatisticWhereAGroupIsTooSmallToBeShrunk) {
    constexpr auto none = JSNORM_ESTIMATOR_NONE;
    struct TooFew {
        Estimators estimators;
        int64_t statistics;
    };
    for (const auto &[estimators, K] :
         {TooFew{{JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_JAMES_STEIN}, 2},
          TooFew{{JSNORM_ESTIMATOR_GRAND_MEAN, JSNORM_ESTIMATOR_GRAND_MEAN}, 3},
          TooFew{{JSNORM_ESTIMATOR_STEIN_CORRECTED, none}, 2},
          TooFew{{JSNORM_ESTIMATOR_SAMPLING, JSNORM_ESTIMATOR_SAMPLING}, 3}})
        for (const jsnormNormKind_t kind : {JSNORM_BATCH_NORM, JSNORM_LAYER_NORM})
            for (const double poison : kPoisons) {
                const Shape shape = {"too few", kind, {2, K, 40}, Layout::Packed};
                Case problem = case_of(shape, estimators);
                SCOPED_TRACE(describe(shape, estimators, 0, poison));
                problem.x[0] = poison;
                RunOptions options = options_for(GetParam(), shape);
                options.inference = options.backward_fixed = false;
                const RunResult got = run(problem, options);
                const Expected expected(problem, {none, none}, 0);
                expect_nan("y", got.y, expected.elements);
                expect_nan("dx", got.dx, expected.elements);
                expect_nan("shrunk_mean", got.shrunk_mean, expected.statistics);
                expect_nan("shrunk_variance", got.shrunk_variance, expected.statistics);
            }
}

// Thresholds, floors and clamps are where comparisons hide a NaN.
TEST_P(NanContainment, RunningStatisticsTakeUpANanOfTheirChannelOrOfAnyWhereShrunk) {
    for (const Estimators &estimators : kEstimators) {
        Case problem = case_of(kShapes[0], estimators);
        const auto place = static_cast<size_t>(2 * problem.dims[2] + 3);  // channel 2
        problem.x[place] = kNan;
        RunOptions options = options_for(GetParam(), kShapes[0]);
        options.inference = options.backward_fixed = false;
        const RunResult got = run(problem, options);
        const auto channels = static_cast<size_t>(problem.dims[1]);
        const auto poisoned = [&](jsnormEstimator_t estimator) {
            return couples(estimator) ? Set(channels, true) : only(channels, 2);
        };
        SCOPED_TRACE(describe(kShapes[0], estimators, place, kNan));
        expect_nan("shrunk_mean", got.shrunk_mean, poisoned(estimators.mean));
        expect_nan("shrunk_variance", got.shrunk_variance, poisoned(estimators.variance));
        expect_nan("next_running_mean", got.next_running_mean, poisoned(estimators.mean));
        expect_nan("next_running_variance", got.next_running_variance,
                   poisoned(estimators.variance));
    }
}

TEST_P(NanContainment, LassoOfANanIsNanHoweverHighTheThreshold) {
    for (const double lambda : {0.0, 1.0, 1e6}) {
        const Estimators lasso = {JSNORM_ESTIMATOR_LASSO, JSNORM_ESTIMATOR_LASSO};
        Case problem = case_of(kShapes[0], lasso);
        problem.lambda = lambda;
        problem.x[0] = kNan;
        RunOptions options = options_for(GetParam(), kShapes[0]);
        options.inference = options.backward_fixed = false;
        const RunResult got = run(problem, options);
        const Expected expected(problem, lasso, 0);
        expect_nan("shrunk_mean", got.shrunk_mean, expected.statistics);
        expect_nan("shrunk_variance", got.shrunk_variance, expected.statistics);
        expect_nan("y", got.y, expected.elements);
        expect_nan("dx", got.dx, expected.elements);
    }
}

INSTANTIATE_TEST_SUITE_P(Types, NanContainment, testing::ValuesIn(every_data_type()),
                         [](const auto &instance) { return name_of(instance.param); });

}  // namespace
}  // namespace jsnorm::test
