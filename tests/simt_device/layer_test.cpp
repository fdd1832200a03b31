// SPDX-License-Identifier: Apache-2.0
//
// rows_layer_forward and rows_layer_backward (kernels/rows): which calls they serve, and that they
// give the bits of rows_fused_forward and rows_fused_backward, which serve the same rows wherever
// they begin.

#include <gtest/gtest.h>

#include "tests/simt_device/launches.hpp"
#include "tests/support/agreement.hpp"
#include "tests/support/api_call.hpp"

namespace jsnorm::test {
namespace {

CaseOptions uncoupled(jsnormEstimator_t mean = JSNORM_ESTIMATOR_NONE,
                      jsnormEstimator_t variance = JSNORM_ESTIMATOR_NONE) {
    CaseOptions data;
    data.mean_estimator = mean;
    data.variance_estimator = variance;
    return data;
}

class PlainLayer : public testing::TestWithParam<jsnormDataType_t> {
  protected:
    RunOptions options() {
        RunOptions result;
        result.type = GetParam();
        result.inference = result.backward_fixed = false;
        return result;
    }
    // Elements of 16 bytes.
    int64_t width() { return GetParam() == JSNORM_FLOAT ? 4 : 8; }
    // The oracle agrees, and the kernels ran where they should have.
    void expect(const std::vector<int64_t> &dims, const CaseOptions &data,
                const RunOptions &run_options, bool forward, bool backward) {
        simt_device::take_launches();
        const Case problem = make_case(JSNORM_LAYER_NORM, dims, data);
        const Agreement agreement = agree_with_oracle(problem, run_options);
        const std::string what = describe(problem) + ", " + name_of(GetParam());
        EXPECT_EQ(agreement.complaints, "") << what;
        for (const char *output : {"y", "saved_variance", "dx", "dgamma", "dbeta"})
            EXPECT_TRUE(agreement.compared(output)) << what << ", " << output;
        const auto launches = simt_device::take_launches();
        EXPECT_EQ(ran("rows_layer_forward", launches), forward) << what;
        EXPECT_EQ(ran("rows_layer_backward", launches), backward) << what;
    }
    void expect(const std::vector<int64_t> &dims, const CaseOptions &data,
                const RunOptions &run_options, bool both) {
        expect(dims, data, run_options, both, both);
    }
};

TEST_P(PlainLayer, AgreesForRowsOfEveryNumberOfLanesAndVectors) {
    constexpr int64_t kMostBackward = 1024;  // 256 lanes of four vectors
    int64_t seed = 1;
    for (const int64_t vectors :
         {1, 7, 31, 33, 64, 65, 128, 255, 256, 257, 512, 513, 1024, 1025, 2048}) {
        for (const int64_t rows : {1, 5, 33}) {
            if (rows * vectors > 16000) continue;
            CaseOptions data = uncoupled();
            data.seed = static_cast<uint64_t>(++seed);
            expect({rows, vectors * width()}, data, options(), true, vectors <= kMostBackward);
        }
    }
}

TEST_P(PlainLayer, AgreesForEveryEstimatorThatCouplesNothing) {
    for (const auto mean :
         {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_LASSO}) {
        for (const auto variance :
             {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_LASSO}) {
            expect({3, 7, 24 * width()}, uncoupled(mean, variance), options(), true);
        }
    }
}

TEST_P(PlainLayer, ReadsGammaAndBetaOfEitherTypeAtAnyAddressOrNot) {
    for (const jsnormDataType_t type : {JSNORM_FLOAT, GetParam()}) {
        for (const bool gamma : {true, false}) {
            for (const bool beta : {true, false}) {
                CaseOptions data = uncoupled();
                data.gamma = gamma;
                data.beta = beta;
                RunOptions run_options = options();
                run_options.parameter_type = type;
                expect({5, 40 * width()}, data, run_options, true);
                expect({5, 41 * width()}, data, run_options, true);  // no whole 8 of them
            }
        }
    }
}

TEST_P(PlainLayer, LeavesTheOtherCallsToTheFusedKernels) {
    const std::vector<int64_t> dims = {3, 4, 16 * width()};
    CaseOptions relu = uncoupled();
    relu.activation = JSNORM_ACTIVATION_RELU;
    expect(dims, relu, options(), false);
    CaseOptions residual = uncoupled();
    residual.residual = true;
    expect(dims, residual, options(), false);
    expect(dims, uncoupled(JSNORM_ESTIMATOR_JAMES_STEIN), options(), false);
    expect({3, 4, 16 * width() + 1}, uncoupled(), options(), false);
    RunOptions shifted = options();
    shifted.misalign_elements = 1;
    expect(dims, uncoupled(), shifted, false);
}

// Parts of several steps, the last one shorter: as many rows as make more than the most parts.
TEST_P(PlainLayer, SumsGradientsOfParametersOverPartsOfManyRows) {
    for (const int64_t rows : {1000, 6400}) {
        expect({rows, width()}, uncoupled(), options(), true);
    }
}

// Means beside which deviations are small, one of them a row whose first element lies far off.
TEST_P(PlainLayer, GivesTheBitsOfTheFusedKernels) {
    for (const int64_t vectors : {3, 60, 96, 300, 1024}) {
        CaseOptions data = uncoupled();
        data.mean = GetParam() == JSNORM_FLOAT ? 1e4 : 3;
        data.deviation = 1e-2;
        Case problem = make_case(JSNORM_LAYER_NORM, {36, vectors * width()}, data);
        problem.x[0] = -50;
        RunOptions shifted = options();
        shifted.misalign_elements = 1;
        const RunResult aligned = run(problem, options());
        const RunResult elsewhere = run(problem, shifted);
        for (const char *output : {"y", "saved_mean", "saved_variance", "dx", "dgamma", "dbeta"})
            EXPECT_EQ(aligned.raw.at(output), elsewhere.raw.at(output))
                << output << ", " << vectors;
    }
}

INSTANTIATE_TEST_SUITE_P(Types, PlainLayer,
                         testing::Values(JSNORM_FLOAT, JSNORM_HALF, JSNORM_BFLOAT16),
                         [](const auto &type) { return name_of(type.param); });

}  // namespace
}  // namespace jsnorm::test
