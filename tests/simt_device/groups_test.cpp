// SPDX-License-Identifier: Apache-2.0
//
// Groups that stay on chip (kernels/rows/groups.cuh) against the oracle: sizes around every block
// of rows, round and tile. That the kernels meant are the ones that ran is checked too.

#include <gtest/gtest.h>

#include <optional>

#include "tests/simt_device/launches.hpp"
#include "tests/support/agreement.hpp"
#include "tests/support/api_call.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;

// The oracle agrees, with parameter gradients and without, and nothing but the fused kernels ran
// over the tensors forward where `fused` says so, and backward where `backward` does.
void expect_agreement(const Case &problem, const RunOptions &options, bool fused,
                      std::optional<bool> backward = {}) {
    simt_device::take_launches();
    const Agreement agreement = agree_with_oracle(problem, options);
    const std::string what = describe(problem) + ", " + name_of(options.type);
    EXPECT_EQ(agreement.complaints, "") << what;
    EXPECT_TRUE(agreement.compared("y") && agreement.compared("dx")) << what;
    EXPECT_TRUE(agreement.compared("dgamma") && agreement.compared("shrunk_mean")) << what;
    const auto launches = simt_device::take_launches();
    EXPECT_EQ(ran("rows_fused_forward", launches) || ran("rows_layer_forward", launches), fused)
        << what;
    EXPECT_NE(streamed("statistics", launches), fused) << what;
    if (!backward) return;
    EXPECT_EQ(ran("rows_fused_backward", launches), *backward) << what;
    const bool fixed = options.backward_fixed && is_batch_kind(problem.kind);  // which streams
    EXPECT_NE(streamed("gradient_sums", launches), *backward && !fixed) << what;
}

class Groups : public testing::TestWithParam<jsnormDataType_t> {
  protected:
    Random random{5};

    ~Groups() override { use_device(0); }

    static void use_device(int device) {
        forget_shared_handle(JSNORM_BACKEND_CUDA);
        cuda::set_current_device(device);
    }

    Case make(jsnormNormKind_t kind, const Dims &dims,
              const std::pair<jsnormEstimator_t, jsnormEstimator_t> &estimators, bool relu,
              int64_t group_count = 0) {
        CaseOptions data;
        data.mean_estimator = estimators.first;
        data.variance_estimator = estimators.second;
        data.activation = relu ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
        data.residual = relu && random.integer(0, 1);
        data.group_count = group_count;
        data.seed = random.bits();
        return make_case(kind, dims, data);
    }
    RunOptions options() {
        RunOptions result;
        result.type = GetParam();
        result.use_mask = random.integer(0, 1);
        return result;
    }
    std::pair<jsnormEstimator_t, jsnormEstimator_t> estimators() {
        const auto pairs = every_estimator_pair();
        return pairs[static_cast<size_t>(
            random.integer(0, static_cast<int64_t>(pairs.size()) - 1))];
    }
};

TEST_P(Groups, OfCoupledRowsAgreeAroundEveryBlockOfRows) {
    for (const int64_t tokens : {2, 3, 4, 5, 15, 16, 17, 33}) {
        for (const int64_t elements : {1, 7, 64, 65}) {
            expect_agreement(
                make(JSNORM_LAYER_NORM, {5, tokens, elements}, estimators(), random.integer(0, 1)),
                options(), true);
            if (elements == 1) continue;  // columns
            expect_agreement(make(JSNORM_INSTANCE_NORM, {5, tokens, elements}, estimators(),
                                  random.integer(0, 1)),
                             options(), true);
        }
    }
}

TEST_P(Groups, OfCoupledRowsOfManyLanesAgree) {
    for (const auto &[tokens, elements] :
         {std::pair<int64_t, int64_t>{3, 700}, {7, 513}, {4, 2049}, {3, 4095}, {5, 1000}}) {
        expect_agreement(make(JSNORM_LAYER_NORM, {3, tokens, elements}, estimators(), true),
                         options(), true);
    }
}

TEST_P(Groups, OfChannelsAgreeForEveryPairOfEstimators) {
    for (const auto &pair : every_estimator_pair()) {
        expect_agreement(make(JSNORM_GROUP_NORM, {3, 12, 5, 3}, pair, random.integer(0, 1), 4),
                         options(), true);
    }
    for (const int64_t group_count : {1, 2, 5, 10, 20}) {
        expect_agreement(make(JSNORM_GROUP_NORM, {3, 20, 8, 8}, estimators(), true, group_count),
                         options(), true);
    }
}

TEST_P(Groups, OfOneLongRowAgreeAroundEveryTile) {
    const int64_t tile = 32768 / (GetParam() == JSNORM_DOUBLE  ? 8
                                  : GetParam() == JSNORM_FLOAT ? 4
                                                               : 2);
    for (const int64_t elements : {tile - 1, tile, tile + 1, 2 * tile, 2 * tile + 8, 3 * tile}) {
        expect_agreement(make(JSNORM_LAYER_NORM, {3, elements}, estimators(), true), options(),
                         true);
    }
}

TEST_P(Groups, OfRowsAgreeWhereADeviceHasTooLittleSharedMemoryForTheirParameters) {
    for (int device = 0; device < simt_device::kDevices; ++device) {
        use_device(device);
        for (const int64_t bytes : {16000, 48000, 64000}) {
            const int64_t elements = bytes / (GetParam() == JSNORM_DOUBLE ? 8 : 4);
            expect_agreement(make(JSNORM_LAYER_NORM, {3, elements}, estimators(), true), options(),
                             true);
        }
    }
}

// x, dy and the sums of dgamma and dbeta take more than the half types leave room for.
TEST_P(Groups, OfRowsOf64KbAreReadOnceBackwardWhereTheDeviceHasTheMemory) {
    const bool wide = GetParam() == JSNORM_FLOAT || GetParam() == JSNORM_DOUBLE;
    const int64_t elements = GetParam() == JSNORM_DOUBLE  ? 8192
                             : GetParam() == JSNORM_FLOAT ? 16384
                                                          : 32768;
    for (int device = 0; device < simt_device::kDevices; ++device) {
        use_device(device);
        const bool large = simt_device::device_spec(device).shared_bytes_per_block > 200 * 1024;
        RunOptions once = options();
        once.backward_fixed = false;
        expect_agreement(make(JSNORM_LAYER_NORM, {3, elements}, estimators(), true), once, true,
                         wide && large);
    }
}

// Neighbouring cells are neighbours in memory there.
TEST_P(Groups, OfColumnsAgreeAroundEveryBlockOfCells) {
    RunOptions last = options();
    last.layout = Layout::ChannelsLast;
    const std::pair coupled = {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_STEIN_CORRECTED};
    for (const int64_t channels : {2, 3, 5, 8, 15, 16, 17, 24, 48, 100, 128}) {
        for (const int64_t size : {1, 3, 8}) {
            last.use_mask = random.integer(0, 1);
            std::optional<bool> backward = true;
            if (channels > 48) backward.reset();  // too large in double
            expect_agreement(make(JSNORM_INSTANCE_NORM, {5, channels, size, size}, coupled,
                                  random.integer(0, 1)),
                             last, true, backward);
        }
    }
    for (const int64_t group_count : {1, 2, 4, 32}) {
        expect_agreement(
            make(JSNORM_GROUP_NORM, {3, 32, 5, 5}, coupled, group_count != 4, group_count), last,
            true, true);
    }
    // More than one tile of a cell.
    expect_agreement(make(JSNORM_INSTANCE_NORM, {2, 16, 25, 25}, coupled, true), last, true);
}

TEST_P(Groups, OfSingleColumnsAgreeWhereBlocksTakeLongRunsOfThem) {
    RunOptions last = options();
    last.layout = Layout::ChannelsLast;
    const std::pair none = {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_RIDGE};
    for (const int64_t channels : {2, 4, 16, 48}) {
        expect_agreement(make(JSNORM_INSTANCE_NORM, {3, channels, 9, 7}, none, true), last, true,
                         true);
    }
    expect_agreement(make(JSNORM_INSTANCE_NORM, {3, 17, 9, 7}, none, true), last, false, false);
}

TEST_P(Groups, OfColumnsAgreeWhereverTheyBegin) {
    RunOptions last = options();
    last.layout = Layout::ChannelsLast;
    for (const int shift : {1, 3}) {
        last.misalign_elements = shift;
        for (const int64_t channels : {7, 16, 40}) {
            expect_agreement(
                make(JSNORM_INSTANCE_NORM, {3, channels, 6, 6},
                     {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_JAMES_STEIN}, true),
                last, true, true);
        }
    }
}

// Where one part in phases gives the same bits: ops/phases_test.cpp.
TEST_P(Groups, OfChannelsOfABatchAreReadOnceWhereNothingCouplesThem) {
    const std::pair none = {JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_NONE};
    const std::pair coupled = {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_NONE};
    for (const int64_t size : {3, 8, 20}) {
        for (const bool relu : {false, true}) {
            const Dims dims = {6, 5, size, size};
            expect_agreement(make(JSNORM_BATCH_NORM, dims, none, relu), options(), true, true);
            expect_agreement(make(JSNORM_BATCH_NORM, dims, coupled, relu), options(), false, false);
        }
    }
    RunOptions bare = options();
    bare.saved = bare.backward = bare.backward_fixed = false;
    simt_device::take_launches();
    const Agreement agreement =
        agree_with_oracle(make(JSNORM_BATCH_NORM, {6, 5, 8, 8}, none, true), bare);
    EXPECT_EQ(agreement.complaints, "");
    EXPECT_TRUE(agreement.compared("next_running_mean"));
}

TEST_P(Groups, ThatDoNotFitAreStreamed) {
    RunOptions last = options();
    last.layout = Layout::ChannelsLast;
    expect_agreement(make(JSNORM_INSTANCE_NORM, {2, 130, 8, 8}, estimators(), true), last, false,
                     false);
    expect_agreement(make(JSNORM_LAYER_NORM, {2, 130, 64},
                          {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_JAMES_STEIN}, true),
                     options(), false);
    expect_agreement(make(JSNORM_LAYER_NORM, {2, 70000}, estimators(), true), options(), false);
}

INSTANTIATE_TEST_SUITE_P(Types, Groups, testing::ValuesIn(every_data_type()),
                         [](const auto &type) { return name_of(type.param); });

}  // namespace
}  // namespace jsnorm::test
