// SPDX-License-Identifier: Apache-2.0
//
// Kernels of planes (kernels/planes): which calls they serve, that they are right around every
// piece and batch, and that they give the bits of the kernels of rows, which serve the same planes
// wherever they begin.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/simt_device/launches.hpp"
#include "tests/support/agreement.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;

constexpr bool kByPlanes = true;
constexpr bool kByRows = false;

// With ReLU: the mask is written, or its bits are recomputed from x.
struct Activation {
    bool relu;
    bool residual;
    bool mask;
};
constexpr Activation kActivations[] = {{false, false, false},
                                       {true, false, false},
                                       {true, false, true},
                                       {false, true, false},
                                       {true, true, true}};

class PlaneKernels : public testing::TestWithParam<jsnormDataType_t> {
  protected:
    // Elements of 16 bytes.
    int64_t width() { return GetParam() == JSNORM_DOUBLE ? 2 : GetParam() == JSNORM_FLOAT ? 4 : 8; }
    RunOptions options(const Activation &activation = {}) {
        RunOptions result;
        result.type = GetParam();
        result.use_mask = activation.mask;
        return result;
    }
    Case make(const Dims &dims, const Activation &activation = {},
              jsnormNormKind_t kind = JSNORM_BATCH_NORM) {
        CaseOptions data;
        data.activation = activation.relu ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
        data.residual = activation.residual;
        data.seed = ++seed_;
        return make_case(kind, dims, data);
    }
    // The oracle agrees, and both apply kernels were of the family that is expected.
    void expect(const Case &problem, const RunOptions &run_options, bool planes) {
        simt_device::take_launches();
        const Agreement agreement = agree_with_oracle(problem, run_options);
        const std::string what = describe(problem) + ", " + name_of(GetParam());
        EXPECT_EQ(agreement.complaints, "") << what;
        EXPECT_TRUE(agreement.compared("y") && agreement.compared("dx")) << what;
        const auto launches = simt_device::take_launches();
        for (const char *kernel : {"apply_forward", "apply_backward"}) {
            EXPECT_EQ(ran(std::string("planes_") + kernel, launches), planes) << what;
            EXPECT_EQ(ran(std::string("rows_") + kernel, launches), !planes) << what;
        }
    }
    // The same of the kernels of sums.
    void expect_sums(const Case &problem, const RunOptions &run_options, bool planes) {
        simt_device::take_launches();
        const Agreement agreement = agree_with_oracle(problem, run_options);
        const std::string what = describe(problem) + ", " + name_of(GetParam());
        EXPECT_EQ(agreement.complaints, "") << what;
        EXPECT_TRUE(agreement.compared("saved_variance") && agreement.compared("dgamma")) << what;
        const auto launches = simt_device::take_launches();
        for (const char *kernel : {"statistics", "gradient_sums"}) {
            EXPECT_EQ(ran(std::string("planes_") + kernel, launches), planes) << what << kernel;
            EXPECT_EQ(ran(std::string("rows_") + kernel, launches), !planes) << what << kernel;
        }
    }
    // Every output of `problem`, bit for bit, where pointers are aligned and where they are not.
    void expect_same_bits(const Case &problem, const RunOptions &aligned) {
        simt_device::take_launches();
        const RunResult by_planes = run(problem, aligned);
        EXPECT_FALSE(ran("rows_apply_forward", simt_device::take_launches()));
        RunOptions shifted = aligned;
        shifted.misalign_elements = 1;
        const RunResult by_rows = run(problem, shifted);
        EXPECT_FALSE(ran("planes_apply_forward", simt_device::take_launches()));
        EXPECT_EQ(by_planes.raw.size(), by_rows.raw.size());
        for (const auto &[output, bytes] : by_planes.raw) {
            EXPECT_EQ(bytes, by_rows.raw.at(output)) << output << ", " << describe(problem);
        }
    }

  private:
    uint64_t seed_ = 0;
};

TEST_P(PlaneKernels, AgreeAroundEveryBatchAndPiece) {
    for (const int64_t vectors : {24, 31, 32, 49, 127, 128, 129, 384, 511, 512, 513, 1025}) {
        expect(make({3, 5, vectors * width()}), options(), kByPlanes);
    }
    expect(make({1, 3, 2100, width()}), options(), kByPlanes);
}

TEST_P(PlaneKernels, AgreeWithEveryActivation) {
    for (const Activation &activation : kActivations) {
        for (const int64_t vectors : {31, 49, 160}) {
            expect(make({2, 5, vectors, width()}, activation), options(activation), kByPlanes);
        }
    }
}

TEST_P(PlaneKernels, AgreeInPlaceAndForOutputsOfOtherStrides) {
    for (const InPlace in_place : {InPlace::Input, InPlace::Residual}) {
        RunOptions run_options = options(kActivations[4]);
        run_options.in_place = in_place;
        expect(make({3, 4, 96 * width()}, kActivations[4]), run_options, kByPlanes);
    }
    RunOptions transposed = options();
    transposed.second_layout = Layout::ChannelsLast;
    expect(make({3, 8, 96 * width()}), transposed, kByRows);
}

TEST_P(PlaneKernels, ServeLargeGroupsOfInstanceAndGroupNorms) {
    for (const jsnormNormKind_t kind : {JSNORM_INSTANCE_NORM, JSNORM_GROUP_NORM}) {
        expect(make({2, 40, 520, width()}, {}, kind), options(), kByPlanes);
    }
}

TEST_P(PlaneKernels, LeaveShortAndOddPlanesToRows) {
    expect(make({40, 5, 23 * width()}), options(), kByRows);
    expect(make({40, 5, 33 * width()}), options(), kByRows);
    expect(make({3, 5, 160 * width() + 1}), options(), kByRows);
    RunOptions shifted = options();
    shifted.misalign_elements = 1;
    expect(make({3, 5, 160 * width()}), shifted, kByRows);
}

TEST_P(PlaneKernels, GiveTheBitsOfRows) {
    for (const Activation &activation : kActivations) {
        for (const int64_t vectors : {49, 160, 640}) {
            expect_same_bits(make({3, 5, vectors * width()}, activation), options(activation));
        }
    }
}

// A gamma so small that its product with rstd is no normal number takes the long way.
TEST_P(PlaneKernels, GiveTheBitsOfRowsWhereOneStepIsNotExact) {
    for (const Activation &activation : kActivations) {
        Case problem = make({3, 5, 160 * width()}, activation);
        problem.gamma[1] = GetParam() == JSNORM_DOUBLE ? std::numeric_limits<double>::min() / 8
                                                       : std::numeric_limits<float>::min() / 8;
        problem.gamma[3] = 0;
        RunOptions run_options = options(activation);
        run_options.parameter_type = GetParam() == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
        expect_same_bits(problem, run_options);
    }
}

// ---- Sums ---------------------------------------------------------------------------------------

constexpr int64_t kTileVectors = 256;  // of a warp
constexpr int64_t kFitVectors = 2048;  // a cell of so many vectors fits the registers of a block

TEST_P(PlaneKernels, SumPlanesOfLongCells) {
    const int64_t samples = 1 + kFitVectors / 32;
    expect_sums(make({samples, 2, 32 * width()}), options(), kByPlanes);
    for (const int64_t vectors : {33, 64, 255, 257, 700, 2049}) {
        expect_sums(make({1 + kFitVectors / vectors, 3, vectors * width()}), options(), kByPlanes);
    }
    for (const int64_t rest : {1, 31, 32, 33, 255}) {  // of the last tile
        expect_sums(make({1, 3, (9 * kTileVectors + rest) * width()}), options(), kByPlanes);
    }
}

TEST_P(PlaneKernels, SumWithEveryActivation) {
    for (const Activation &activation : kActivations) {
        expect_sums(make({5, 3, 517, width()}, activation), options(activation), kByPlanes);
    }
}

TEST_P(PlaneKernels, LeaveCellsThatFitABlockAndOddPlanesToRows) {
    expect_sums(make({4, 3, kFitVectors / 4, width()}), options(), kByRows);
    expect_sums(make({70, 3, 31, width()}), options(), kByRows);
    expect_sums(make({5, 3, 517 * width() + 1}), options(), kByRows);
    RunOptions shifted = options();
    shifted.misalign_elements = 1;
    expect_sums(make({5, 3, 517, width()}), shifted, kByRows);
}

// Aligned and not: means beside which deviations are small, chunks whose first element is far off,
// elements that are all alike, and one whose square leaves the range of float.
TEST_P(PlaneKernels, SumToTheBitsOfRows) {
    const bool narrow = GetParam() == JSNORM_HALF || GetParam() == JSNORM_BFLOAT16;
    for (const Activation &activation : kActivations) {
        CaseOptions data;
        data.activation = activation.relu ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
        data.residual = activation.residual;
        data.mean = narrow ? 3 : 1e4;
        data.deviation = 1e-2;
        Case problem = make_case(JSNORM_BATCH_NORM, {5, 6, 517, width()}, data);
        const auto channel = static_cast<size_t>(517 * width());
        problem.x[0] = -500;
        for (size_t i = 0; i < 5; ++i) {
            const size_t sample = 6 * i * channel;
            for (size_t e = 0; e < channel; ++e) {
                problem.x[sample + channel + e] = 0;
                problem.x[sample + 2 * channel + e] *= i == 3 ? 1e-3 : 1;
            }
        }
        if (!narrow) problem.x[4 * channel + 7] = 1e30;
        expect_same_bits(problem, options(activation));
    }
}

TEST_P(PlaneKernels, SumToNoNumberWhereAnElementIsNone) {
    CaseOptions data;
    data.mean_estimator = data.variance_estimator = JSNORM_ESTIMATOR_NONE;
    Case problem = make_case(JSNORM_BATCH_NORM, {5, 3, 517, width()}, data);
    problem.x[static_cast<size_t>(517 * width() + 7)] = std::numeric_limits<double>::quiet_NaN();
    const RunResult result = run(problem, options());
    for (const size_t channel : {0, 1, 2}) {
        EXPECT_EQ(std::isnan(result.saved_mean[channel]), channel == 1);
        EXPECT_EQ(std::isnan(result.saved_variance[channel]), channel == 1);
    }
}

// So many elements that a chunk has two tiles, which go on from plane to plane.
TEST(PlaneKernelsOfLargeTensors, SumToTheBitsOfRows) {
    const Case problem = make_case(JSNORM_BATCH_NORM, {205, 2, 5125 * 2});
    RunOptions aligned;
    aligned.inference = aligned.backward_fixed = false;
    const Agreement agreement = agree_with_oracle(problem, aligned);
    EXPECT_EQ(agreement.complaints, "");
    EXPECT_TRUE(agreement.compared("dgamma"));
    RunOptions shifted = aligned;
    shifted.misalign_elements = 1;
    simt_device::take_launches();
    const RunResult by_planes = run(problem, aligned);
    EXPECT_TRUE(ran("planes_gradient_sums", simt_device::take_launches()));
    const RunResult by_rows = run(problem, shifted);
    EXPECT_TRUE(ran("rows_gradient_sums", simt_device::take_launches()));
    for (const char *output : {"saved_mean", "saved_variance", "dgamma", "dbeta"}) {
        EXPECT_EQ(by_planes.raw.at(output), by_rows.raw.at(output)) << output;
    }
}

INSTANTIATE_TEST_SUITE_P(Types, PlaneKernels, testing::ValuesIn(every_data_type()),
                         [](const auto &type) { return name_of(type.param); });

}  // namespace
}  // namespace jsnorm::test
