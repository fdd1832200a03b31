// SPDX-License-Identifier: Apache-2.0
//
// A layer norm over every axis: one row. It is the layer norm of the same elements as one sample,
// bit for bit, and agrees with the oracle in every type, size and layout.

#include <gtest/gtest.h>

#include "tests/ops/same_bits.hpp"
#include "tests/support/agreement.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;

class WholeTensorLayer : public testing::TestWithParam<jsnormDataType_t> {};

CaseOptions from_axis(int32_t axis, jsnormActivation_t activation = JSNORM_ACTIVATION_NONE) {
    CaseOptions options;
    options.first_normalized_axis = axis;
    options.activation = activation;
    options.residual = activation != JSNORM_ACTIVATION_NONE;
    return options;
}

TEST_P(WholeTensorLayer, HasTheBitsOfOneSampleOfTheSameElements) {
    for (const Dims &dims :
         {Dims{1}, Dims{2}, Dims{33}, Dims{3, 4}, Dims{5, 7, 3}, Dims{9000}, Dims{4, 3, 5, 700}})
        for (const auto activation : {JSNORM_ACTIVATION_NONE, JSNORM_ACTIVATION_RELU}) {
            int64_t elements = 1;
            for (const int64_t dim : dims) elements *= dim;
            const Case whole = make_case(JSNORM_LAYER_NORM, dims, from_axis(0, activation));
            Case sample = whole;
            sample.dims = {1, elements};
            sample.first_normalized_axis = 1;
            RunOptions options;
            options.type = GetParam();
            options.use_mask = activation != JSNORM_ACTIVATION_NONE;
            EXPECT_EQ(differences(run(whole, options).raw, run(sample, options).raw), "")
                << describe(whole);
        }
}

TEST_P(WholeTensorLayer, AgreesWithTheOracleInAnyLayout) {
    for (const Dims &dims : {Dims{6, 5}, Dims{3, 4, 5}, Dims{2, 3, 40, 31}})
        for (const Layout layout : every_layout())
            for (const int32_t axis : {0, -static_cast<int32_t>(dims.size())}) {
                RunOptions options;
                options.type = GetParam();
                options.layout = layout;
                const Case problem = make_case(JSNORM_LAYER_NORM, dims, from_axis(axis));
                const Agreement agreement = agree_with_oracle(problem, options);
                EXPECT_EQ(agreement.complaints, "") << describe(problem) << " " << name_of(layout);
                for (const char *output : {"y", "dx", "dgamma", "dbeta"})
                    EXPECT_TRUE(agreement.compared(output)) << output;
            }
}

INSTANTIATE_TEST_SUITE_P(Types, WholeTensorLayer, testing::ValuesIn(every_data_type()),
                         [](const auto &type) { return std::string(name_of(type.param)); });

}  // namespace
}  // namespace jsnorm::test
