// SPDX-License-Identifier: Apache-2.0
//
// A pointer need be aligned to its element and no better, and which of the 16-byte boundaries it
// misses changes no bit. Channels and rows are odd in number, so that neighbouring rows are aligned
// differently as well.

#include <gtest/gtest.h>

#include "tests/ops/placed_run.hpp"
#include "tests/support/layout.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

constexpr int64_t kBoundary = 16;

// Every buffer of the four operations with the size of its elements.
std::vector<std::pair<std::string, int64_t>> buffers_of(const PlacedCase &placed) {
    const auto element = static_cast<int64_t>(size_of(placed.type()));
    const auto vector = static_cast<int64_t>(size_of(placed.vector_type()));
    std::vector<std::pair<std::string, int64_t>> buffers = {{"mask", 4}};
    for (const char *name : {"x", "z", "y", "dy", "dx", "dz"}) buffers.emplace_back(name, element);
    for (const char *name : {"gamma", "beta", "dgamma", "dbeta", "running_mean", "running_variance",
                             "next_running_mean", "next_running_variance"})
        buffers.emplace_back(name, vector);
    for (const char *name : {"saved_mean", "saved_variance", "shrunk_mean", "shrunk_variance"})
        buffers.emplace_back(name, 8);
    return buffers;
}

void expect_shifts_change_no_bit(const PlacedCase &placed, const PlacedOptions &aligned,
                                 uint64_t seed) {
    const Outputs expected = placed.run(aligned);
    const auto buffers = buffers_of(placed);
    for (const auto &[name, size] : buffers)
        for (int64_t shift = 1; shift < kBoundary / size; ++shift) {
            PlacedOptions options = aligned;
            options.placements[name].shift = shift;
            EXPECT_EQ(differences(placed.run(options), expected), "")
                << name << " shifted by " << shift << " elements";
        }
    Random random(seed);
    for (int combination = 0; combination < 16; ++combination) {
        PlacedOptions options = aligned;
        std::string shifts;
        for (const auto &[name, size] : buffers) {
            const int64_t shift = random.integer(0, kBoundary / size - 1);
            options.placements[name].shift = shift;
            shifts += name + " " + std::to_string(shift) + ", ";
        }
        EXPECT_EQ(differences(placed.run(options), expected), "") << shifts;
    }
}

std::vector<int64_t> odd_dims(jsnormNormKind_t kind) {
    switch (kind) {
        case JSNORM_BATCH_NORM:
            return {5, 67, 9};
        case JSNORM_BATCH_NORM_PER_ACTIVATION:
            return {13, 7, 15};
        case JSNORM_LAYER_NORM:
            return {3, 7, 133};
        default:
            return {3, 9, 101};
    }
}

using KindAndType = std::tuple<jsnormNormKind_t, jsnormDataType_t>;
class AlignmentInvariance : public testing::TestWithParam<KindAndType> {};

TEST_P(AlignmentInvariance, EveryBitIsThatOfTheAlignedRunHoweverEachPointerIsShifted) {
    const auto [kind, type] = GetParam();
    for (const bool masked : {true, false}) {
        CaseOptions case_options;
        case_options.activation = JSNORM_ACTIVATION_RELU;
        case_options.residual = masked;
        const Case problem = make_case(kind, odd_dims(kind), case_options);
        const PlacedCase placed(problem, type);
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
            SCOPED_TRACE(describe(problem) + " " + name_of(type) + " " + name_of(layout));
            PlacedOptions options = all_in(strides_of(layout, problem.dims));
            options.mask = masked;
            expect_shifts_change_no_bit(placed, options, masked ? 1 : 2);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(KindsAndTypes, AlignmentInvariance,
                         testing::Combine(testing::ValuesIn(every_kind()),
                                          testing::ValuesIn(every_data_type())),
                         [](const auto &with) {
                             return std::string(name_of(std::get<0>(with.param))) + "_" +
                                    name_of(std::get<1>(with.param));
                         });

TEST(AlignmentInvariancePhases, EveryBitOfEveryPhaseIsThatOfTheAlignedRun) {
    for (const jsnormNormKind_t kind : {JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION})
        for (const jsnormDataType_t type : every_data_type())
            for (const Layout layout : every_layout()) {
                CaseOptions case_options;
                case_options.activation = JSNORM_ACTIVATION_RELU;
                const Case problem = make_case(kind, odd_dims(kind), case_options);
                RunOptions options;
                options.type = type;
                options.layout = layout;
                options.thread_count = 1;
                const PhaseOptions phases = {{2, problem.dims[0] - 2}};
                const RunResult aligned = run_phases(problem, options, phases);
                const auto size = static_cast<int64_t>(size_of(type));
                for (int64_t shift = 1; shift < kBoundary / size; ++shift) {
                    options.misalign_elements = static_cast<int>(shift);
                    EXPECT_EQ(differences(run_phases(problem, options, phases).raw, aligned.raw),
                              "")
                        << describe(problem) << " " << name_of(type) << " " << name_of(layout)
                        << " shifted by " << shift;
                }
            }
}

}  // namespace
}  // namespace jsnorm::test
