// SPDX-License-Identifier: Apache-2.0
//
// Kernels of planes (kernels/planes): which calls they serve, that they are right around every
// piece and batch, and that they give the bits of the kernels of rows, which serve the same planes
// wherever they begin.

#include <gtest/gtest.h>

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

INSTANTIATE_TEST_SUITE_P(Types, PlaneKernels, testing::ValuesIn(every_data_type()),
                         [](const auto &type) { return name_of(type.param); });

}  // namespace
}  // namespace jsnorm::test
