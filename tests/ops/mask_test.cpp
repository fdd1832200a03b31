// SPDX-License-Identifier: Apache-2.0
//
// The mask of ReLU: one bit for every element, in the memory order of x, whatever the order of its
// axes, the tail of the last word and the number of threads.

#include <gtest/gtest.h>

#include <limits>

#include "tests/ops/placed_run.hpp"
#include "tests/support/layout.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;
using Strides = std::vector<int64_t>;

Case relu_case(jsnormNormKind_t kind, const Dims &dims, bool residual) {
    CaseOptions options;
    options.activation = JSNORM_ACTIVATION_RELU;
    options.residual = residual;
    options.seed = 5;
    return make_case(kind, dims, options);
}

bool bit_at(const Bytes &mask, int64_t e) {
    uint32_t word = 0;
    std::memcpy(&word, mask.data() + e / 32 * 4, sizeof word);
    return (word >> (e % 32) & 1) != 0;
}

// ReLU keeps what is positive, so a positive y tells a set bit. (A positive number that rounds to 0
// on its way into a half would be an exception; the data have none.)
void expect_bits_tell_the_sign(const Dims &dims, const Strides &strides, const Bytes &mask,
                               const std::vector<double> &y) {
    const auto count = static_cast<int64_t>(y.size());
    ASSERT_EQ(static_cast<int64_t>(mask.size()), (count + 31) / 32 * 4);
    const Strides packed = packed_strides(dims);
    int64_t wrong = 0, set = 0;
    for (int64_t e = 0; e < count; ++e) {
        int64_t position = 0;
        for (size_t axis = 0; axis < dims.size(); ++axis)
            position += e / packed[axis] % dims[axis] * strides[axis];
        const bool bit = bit_at(mask, position);
        wrong += bit != (y[static_cast<size_t>(e)] > 0);
        set += bit;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(count < 20 || (set > 0 && set < count)) << "nothing was told apart";
    for (int64_t e = count; e < (count + 31) / 32 * 32; ++e)
        EXPECT_FALSE(bit_at(mask, e)) << "unused bit " << e;
}

// The masks of training and, where the run has it, of inference.
void expect_bits_tell_the_sign(const PlacedCase &placed, const Strides &strides,
                               const Outputs &outputs) {
    const Dims &dims = placed.problem().dims;
    const Result values = placed.values(outputs);
    expect_bits_tell_the_sign(dims, strides, outputs.at("mask"), values.y);
    EXPECT_EQ(outputs.contains("mask_inference"), outputs.contains("y_inference"));
    if (outputs.contains("y_inference"))
        expect_bits_tell_the_sign(dims, strides, outputs.at("mask_inference"), values.y_inference);
}

class Mask : public testing::TestWithParam<jsnormNormKind_t> {};

TEST_P(Mask, TellsThePositivePreactivationsInMemoryOrderForAnyOrderOfTheAxes) {
    for (const Dims &dims :
         {Dims{3, 4, 5, 7}, Dims{4, 2, 3, 11}, Dims{2, 1, 5, 3}, Dims{3, 4, 1, 1}})
        for (const jsnormDataType_t type : every_data_type())
            for (const bool residual : {false, true}) {
                const PlacedCase placed(relu_case(GetParam(), dims, residual), type);
                for (const std::vector<size_t> &order : every_order(4)) {
                    const Strides strides = ordered_strides(dims, order);
                    SCOPED_TRACE(describe(placed.problem()) + " " + name_of(type) + " " +
                                 testing::PrintToString(strides));
                    expect_bits_tell_the_sign(placed, strides, placed.run(all_in(strides)));
                }
            }
}

TEST_P(Mask, TellsThePositivePreactivationsForEveryTailOfTheLastWord) {
    for (int64_t inner = 1; inner <= 70; ++inner) {
        const Dims dims = {1, 3, inner};
        const PlacedCase placed(relu_case(GetParam(), dims, true), JSNORM_FLOAT);
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
            const Strides strides = strides_of(layout, dims);
            SCOPED_TRACE(describe(placed.problem()) + " " + name_of(layout));
            expect_bits_tell_the_sign(placed, strides, placed.run(all_in(strides)));
        }
    }
}

TEST_P(Mask, DoesNotDependOnTheLayoutOfTheOtherTensors) {
    const Dims dims = {3, 5, 4, 7};
    const PlacedCase placed(relu_case(GetParam(), dims, true), JSNORM_FLOAT);
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
        const Strides strides = strides_of(layout, dims);
        const Bytes expected = placed.run(all_in(strides)).at("mask");
        for (const Layout other : every_layout()) {
            PlacedOptions options = all_in(strides_of(other, dims));
            options.placements["x"].strides = strides;
            EXPECT_EQ(placed.run(options).at("mask"), expected)
                << name_of(layout) << " " << name_of(other);
        }
    }
}

// Words at the seams of the work of two threads are shared by both.
TEST_P(Mask, HasTheSameBitsFromAnyNumberOfThreads) {
    for (const Dims &dims : {Dims{7, 9, 533}, Dims{331, 3, 33}}) {
        const PlacedCase placed(relu_case(GetParam(), dims, true), JSNORM_HALF);
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
            const Strides strides = strides_of(layout, dims);
            PlacedOptions options = all_in(strides);
            options.inference = options.gradients = false;
            const Outputs expected = placed.run(options);
            expect_bits_tell_the_sign(placed, strides, expected);
            for (const int32_t threads : {2, 3, 7, 16}) {
                options.thread_count = threads;
                EXPECT_EQ(placed.run(options).at("mask"), expected.at("mask"))
                    << threads << " threads";
            }
        }
    }
}

TEST_P(Mask, HasNoBitForANan) {
    Case problem = relu_case(GetParam(), {2, 4, 25}, true);
    const std::vector<size_t> nans = {0, 31, 32, 63, 64, 199};
    for (const size_t e : nans) problem.z[e] = std::numeric_limits<double>::quiet_NaN();
    const PlacedCase placed(problem, JSNORM_FLOAT);
    const Outputs outputs = placed.run();
    const Result result = placed.values(outputs);
    for (const size_t e : nans) {
        EXPECT_FALSE(bit_at(outputs.at("mask"), static_cast<int64_t>(e)));
        EXPECT_TRUE(std::isnan(result.y[e]));  // ReLU lets it through
        EXPECT_EQ(result.dz[e], 0);
    }
    expect_bits_tell_the_sign(placed, packed_strides(problem.dims), outputs);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Mask, testing::ValuesIn(every_kind()),
                         [](const auto &with) { return std::string(name_of(with.param)); });

class MaskedGradients
    : public testing::TestWithParam<std::tuple<jsnormNormKind_t, jsnormDataType_t>> {};

TEST_P(MaskedGradients, AreThoseThatRecomputationGives) {
    const std::vector<std::string> gradients = {"dx",       "dgamma",       "dbeta",
                                                "dx_fixed", "dgamma_fixed", "dbeta_fixed"};
    const auto [kind, type] = GetParam();
    for (const Dims &dims : {Dims{3, 8, 5, 7}, Dims{2, 4, 4200}, Dims{300, 68}})
        for (const bool parameters : {true, false})
            for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
                Case problem = relu_case(kind, dims, false);
                if (!parameters) problem.gamma = problem.beta = {};
                const PlacedCase placed(problem, type);
                PlacedOptions options = all_in(strides_of(layout, dims));
                const Outputs masked = only(placed.run(options), gradients);
                options.mask = false;
                const Outputs recomputed = only(placed.run(options), gradients);
                EXPECT_EQ(differences(recomputed, masked), "")
                    << describe(problem) << " " << name_of(type) << " " << name_of(layout);
            }
}

INSTANTIATE_TEST_SUITE_P(KindsAndTypes, MaskedGradients,
                         testing::Combine(testing::ValuesIn(every_kind()),
                                          testing::ValuesIn(every_data_type())),
                         [](const auto &with) {
                             return std::string(name_of(std::get<0>(with.param))) + "_" +
                                    name_of(std::get<1>(with.param));
                         });

}  // namespace
}  // namespace jsnorm::test
