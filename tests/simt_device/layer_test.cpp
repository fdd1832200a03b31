// SPDX-License-Identifier: Apache-2.0
//
// rows_layer_forward (kernels/rows/layer_forward.cuh): which calls it serves, and that it gives the
// bits of rows_fused_forward, which serves the same rows wherever they begin.

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

class LayerForward : public testing::TestWithParam<jsnormDataType_t> {
  protected:
    RunOptions options() {
        RunOptions result;
        result.type = GetParam();
        result.inference = result.backward = result.backward_fixed = false;
        return result;
    }
    // Elements of 16 bytes.
    int64_t width() { return GetParam() == JSNORM_DOUBLE ? 2 : GetParam() == JSNORM_FLOAT ? 4 : 8; }
    // The oracle agrees, and the kernel ran where it should have.
    void expect(const std::vector<int64_t> &dims, const CaseOptions &data,
                const RunOptions &run_options, bool layer) {
        simt_device::take_launches();
        const Case problem = make_case(JSNORM_LAYER_NORM, dims, data);
        const Agreement agreement = agree_with_oracle(problem, run_options);
        const std::string what = describe(problem) + ", " + name_of(GetParam());
        EXPECT_EQ(agreement.complaints, "") << what;
        EXPECT_TRUE(agreement.compared("y") && agreement.compared("saved_variance")) << what;
        EXPECT_EQ(ran("rows_layer_forward", simt_device::take_launches()), layer) << what;
    }
};

TEST_P(LayerForward, AgreesForRowsOfEveryNumberOfLanesAndVectors) {
    int64_t seed = 1;
    for (const int64_t vectors :
         {1, 7, 8, 9, 16, 64, 65, 96, 128, 255, 256, 257, 512, 1024, 1025, 1536, 2048}) {
        for (const int64_t rows : {1, 5, 33}) {
            if (rows * vectors > 16000) continue;
            CaseOptions data = uncoupled();
            data.seed = static_cast<uint64_t>(++seed);
            expect({rows, vectors * width()}, data, options(), true);
        }
    }
}

TEST_P(LayerForward, AgreesForEveryEstimatorThatCouplesNothing) {
    for (const auto mean :
         {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_LASSO}) {
        for (const auto variance :
             {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_LASSO}) {
            expect({3, 7, 24 * width()}, uncoupled(mean, variance), options(), true);
        }
    }
}

TEST_P(LayerForward, ReadsGammaAndBetaOfEitherTypeAtAnyAddressOrNot) {
    for (const jsnormDataType_t type : {JSNORM_FLOAT, GetParam()}) {
        if (GetParam() == JSNORM_DOUBLE && type == JSNORM_FLOAT) continue;
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

TEST_P(LayerForward, LeavesTheOtherCallsToTheFusedKernel) {
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

// Means beside which deviations are small, one of them a row whose first element lies far off.
TEST_P(LayerForward, GivesTheBitsOfTheFusedKernel) {
    for (const int64_t vectors : {3, 60, 96, 300, 1024}) {
        CaseOptions data = uncoupled();
        data.mean = GetParam() == JSNORM_HALF || GetParam() == JSNORM_BFLOAT16 ? 3 : 1e4;
        data.deviation = 1e-2;
        Case problem = make_case(JSNORM_LAYER_NORM, {6, vectors * width()}, data);
        problem.x[0] = -50;
        RunOptions shifted = options();
        shifted.misalign_elements = 1;
        const RunResult aligned = run(problem, options());
        const RunResult elsewhere = run(problem, shifted);
        for (const char *output : {"y", "saved_mean", "saved_variance"})
            EXPECT_EQ(aligned.raw.at(output), elsewhere.raw.at(output))
                << output << ", " << vectors;
    }
}

INSTANTIATE_TEST_SUITE_P(Types, LayerForward, testing::ValuesIn(every_data_type()),
                         [](const auto &type) { return name_of(type.param); });

}  // namespace
}  // namespace jsnorm::test
