// SPDX-License-Identifier: Apache-2.0
//
// In place is out of place, bit for bit: y over x, y over z, dx over dy, dz over dy, and the next
// running statistics over the previous ones. (tests/api/aliasing_test.cpp: which overlaps are
// accepted.)

#include <gtest/gtest.h>

#include "tests/ops/same_bits.hpp"
#include "tests/support/api_runner.hpp"

namespace jsnorm::test {
namespace {

std::vector<std::vector<int64_t>> shapes_of(jsnormNormKind_t kind) {
    // The second one is beyond a tile of 4096 elements, or a block of 64 columns and 256 rows.
    switch (kind) {
        case JSNORM_BATCH_NORM:
            return {{3, 5, 4}, {2, 67, 150}, {2, 2, 4100}};
        case JSNORM_BATCH_NORM_PER_ACTIVATION:
            return {{4, 3, 5}, {300, 5, 14}};
        case JSNORM_LAYER_NORM:
            return {{3, 5, 4}, {1, 4, 4100}};
        default:
            return {{3, 8, 4}, {2, 4, 4100}, {2, 68, 130}};
    }
}

using Parameters = std::tuple<jsnormNormKind_t, jsnormDataType_t>;
class InPlaceResults : public testing::TestWithParam<Parameters> {};

TEST_P(InPlaceResults, EveryBitIsThatOfTheRunOutOfPlace) {
    const auto [kind, type] = GetParam();
    RunOptions options;
    options.type = type;
    options.thread_count = 1;
    options.use_mask = true;
    for (const std::vector<int64_t> &dims : shapes_of(kind))
        for (const auto activation : {JSNORM_ACTIVATION_NONE, JSNORM_ACTIVATION_RELU})
            for (const Layout layout : every_layout()) {
                CaseOptions case_options;
                case_options.activation = activation;
                case_options.residual = true;
                const Case problem = make_case(kind, dims, case_options);
                options.layout = layout;
                options.in_place = InPlace::No;
                const Outputs expected = run(problem, options).raw;
                for (const InPlace place : {InPlace::Input, InPlace::Residual}) {
                    options.in_place = place;
                    EXPECT_EQ(differences(run(problem, options).raw, expected), "")
                        << describe(problem) << " " << name_of(layout)
                        << (place == InPlace::Input ? " over x and dy" : " over z and dy");
                }
            }
}

// Without z and mask ReLU's sign comes from x, which dx over dy must leave alone.
TEST_P(InPlaceResults, EveryBitIsThatOfTheRunOutOfPlaceWhereTheGateIsRecomputed) {
    const auto [kind, type] = GetParam();
    RunOptions options;
    options.type = type;
    options.thread_count = 1;
    for (const std::vector<int64_t> &dims : shapes_of(kind))
        for (const Layout layout : every_layout()) {
            CaseOptions case_options;
            case_options.activation = JSNORM_ACTIVATION_RELU;
            const Case problem = make_case(kind, dims, case_options);
            options.layout = layout;
            options.in_place = InPlace::No;
            const Outputs expected = run(problem, options).raw;
            ASSERT_TRUE(expected.contains("dx"));
            options.in_place = InPlace::Input;
            EXPECT_EQ(differences(run(problem, options).raw, expected), "")
                << describe(problem) << " " << name_of(layout);
        }
}

TEST_P(InPlaceResults, EveryBitIsThatOfTheRunOutOfPlaceWithTheSmallestSetsOfGradients) {
    const auto [kind, type] = GetParam();
    RunOptions options;
    options.type = type;
    options.thread_count = 1;
    options.dgamma = options.dbeta = false;
    options.dz = true;
    const Case problem = make_case(kind, shapes_of(kind)[0]);
    for (const bool dx : {true, false}) {
        options.dx = dx;
        options.in_place = InPlace::No;
        const Outputs expected = run(problem, options).raw;
        options.in_place = dx ? InPlace::Input : InPlace::Residual;
        EXPECT_EQ(differences(run(problem, options).raw, expected), "") << describe(problem);
    }
}

INSTANTIATE_TEST_SUITE_P(KindsAndTypes, InPlaceResults,
                         testing::Combine(testing::ValuesIn(every_kind()),
                                          testing::ValuesIn(every_data_type())),
                         [](const auto &with) {
                             return std::string(name_of(std::get<0>(with.param))) + "_" +
                                    name_of(std::get<1>(with.param));
                         });

TEST(InPlacePhases, EveryBitIsThatOfTheRunOutOfPlace) {
    for (const jsnormNormKind_t kind : {JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION})
        for (const jsnormDataType_t type : every_data_type())
            for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
                CaseOptions case_options;
                case_options.activation = JSNORM_ACTIVATION_RELU;
                case_options.residual = true;
                const Case problem = make_case(kind, shapes_of(kind)[1], case_options);
                RunOptions options;
                options.type = type;
                options.layout = layout;
                options.thread_count = 1;
                const PhaseOptions phases = {{1, problem.dims[0] - 1}};
                const Outputs expected = run_phases(problem, options, phases).raw;
                for (const InPlace place : {InPlace::Input, InPlace::Residual}) {
                    options.in_place = place;
                    EXPECT_EQ(differences(run_phases(problem, options, phases).raw, expected), "")
                        << describe(problem) << " " << name_of(type) << " " << name_of(layout);
                }
            }
}

}  // namespace
}  // namespace jsnorm::test
