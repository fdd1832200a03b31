// SPDX-License-Identifier: Apache-2.0
//
// What happens between the passes over tensors (kernels/finalize): how many launches it takes, and
// that no bit depends on them.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "src/cuda/launch/runtime.hpp"
#include "src/simt/device.hpp"
#include "tests/ops/same_bits.hpp"
#include "tests/support/api_call.hpp"
#include "tests/support/api_runner.hpp"

namespace jsnorm::test {
namespace {

// Of the executor's table of devices: without clusters of blocks, and with them.
constexpr int kA100 = 0;
constexpr int kH100 = 1;
constexpr int kConsumerPart = 4;

using Dims = std::vector<int64_t>;

// Partial results of so many chunks are more than a block merges along with other steps.
const Dims kManyChunks = {8, 64, 40, 40};

Case batch_norm(const Dims &dims, jsnormActivation_t activation = JSNORM_ACTIVATION_NONE) {
    CaseOptions data;
    data.activation = activation;
    return make_case(JSNORM_BATCH_NORM, dims, data);
}

RunOptions nhwc() {
    RunOptions options;
    options.type = JSNORM_FLOAT;
    options.layout = Layout::ChannelsLast;
    options.inference = options.backward_fixed = false;
    return options;
}

void use_device(int ordinal) {
    cuda::set_current_device(ordinal);
    forget_shared_handle(JSNORM_BACKEND_CUDA);  // the next one is of this device
}

class FinalizeTest : public testing::Test {
    void TearDown() override { forget_shared_handle(JSNORM_BACKEND_CUDA); }
};
using FinalizeLaunches = FinalizeTest;
using FinalizeBits = FinalizeTest;

// Kernels in the order of their launches, without the name of the family that streams.
std::string kernels_of(const Case &problem, const RunOptions &options, int device) {
    use_device(device);
    simt_device::take_launches();
    run(problem, options);
    std::string names;
    for (const simt_device::Launch &launch : simt_device::take_launches()) {
        const std::string &name = launch.name;
        const bool finalizes = name.starts_with("finalize_");
        if (!names.empty()) names += ' ';
        names += finalizes ? name : name.substr(name.find('_') + 1);
        if (launch.cluster > 1) names += "*" + std::to_string(launch.cluster);
    }
    return names;
}

TEST_F(FinalizeLaunches, StreamingTakesThreeOfThemWhereBlocksFormClusters) {
    const std::string forward = "statistics finalize_forward*8 apply_forward";
    const std::string backward = "gradient_sums finalize_backward*8 apply_backward";
    for (const Layout layout : {Layout::ChannelsLast, Layout::Packed}) {
        RunOptions options = nhwc();
        options.layout = layout;
        EXPECT_EQ(kernels_of(batch_norm(kManyChunks), options, kH100), forward + " " + backward)
            << name_of(layout);
    }
    RunOptions masked = nhwc();
    masked.use_mask = true;
    EXPECT_EQ(kernels_of(batch_norm(kManyChunks, JSNORM_ACTIVATION_RELU), masked, kH100),
              forward + " " + backward);
}

TEST_F(FinalizeLaunches, ShortStepsTakeOneBlockOfAnyDevice) {
    for (const int device : {kA100, kH100, kConsumerPart}) {
        EXPECT_EQ(kernels_of(batch_norm({8, 16, 4, 4}), nhwc(), device),
                  "statistics finalize_forward apply_forward "
                  "gradient_sums finalize_backward apply_backward");
    }
}

TEST_F(FinalizeLaunches, LongStepsTakeALaunchEachWhereThereAreNoClusters) {
    EXPECT_EQ(kernels_of(batch_norm(kManyChunks), nhwc(), kA100),
              "statistics finalize_forward finalize_forward apply_forward "
              "gradient_sums finalize_backward finalize_backward apply_backward");
}

// Without a mask the sign before ReLU is computed again, which needs the coefficients of forward.
TEST_F(FinalizeLaunches, ReluWithoutAMaskTakesOneMore) {
    EXPECT_EQ(kernels_of(batch_norm({8, 16, 4, 4}, JSNORM_ACTIVATION_RELU), nhwc(), kH100),
              "statistics finalize_forward apply_forward "
              "finalize_forward gradient_sums finalize_backward apply_backward");
}

TEST_F(FinalizeLaunches, InferenceTakesTwo) {
    RunOptions options = nhwc();
    options.training = options.backward = false;
    options.inference = true;
    EXPECT_EQ(kernels_of(batch_norm({8, 16, 4, 4}), options, kH100),
              "finalize_forward apply_forward");
}

TEST_F(FinalizeLaunches, ParametersOfTheTypeOfXTakeNone) {
    RunOptions options = nhwc();
    options.type = JSNORM_HALF;
    options.parameter_type = JSNORM_HALF;
    EXPECT_EQ(kernels_of(batch_norm({8, 16, 4, 4}), options, kH100),
              "statistics finalize_forward apply_forward "
              "gradient_sums finalize_backward apply_backward");
}

// ---- Bits ---------------------------------------------------------------------------------------

Case coupled(jsnormNormKind_t kind, const Dims &dims, jsnormEstimator_t estimator,
             jsnormActivation_t activation = JSNORM_ACTIVATION_NONE, int64_t group_count = 0) {
    CaseOptions data;
    data.mean_estimator = data.variance_estimator = estimator;
    data.activation = activation;
    data.group_count = group_count;
    return make_case(kind, dims, data);
}

// One block, a cluster and a launch for each step: the same numbers in the same order. Whatever the
// workspace held before.
TEST_F(FinalizeBits, DoNotDependOnHowStepsAreLaunched) {
    const Case problems[] = {
        batch_norm(kManyChunks), batch_norm(kManyChunks, JSNORM_ACTIVATION_RELU),
        coupled(JSNORM_BATCH_NORM, {16, 300, 12, 12}, JSNORM_ESTIMATOR_SAMPLING),
        // slices of a long vector
        coupled(JSNORM_BATCH_NORM_PER_ACTIVATION, {3, 5, 41, 43}, JSNORM_ESTIMATOR_JAMES_STEIN),
        coupled(JSNORM_BATCH_NORM_PER_ACTIVATION, {3, 5, 41, 43}, JSNORM_ESTIMATOR_SAMPLING),
        // statistics of several cells; cells that share parameters
        coupled(JSNORM_GROUP_NORM, {2, 24, 70, 70}, JSNORM_ESTIMATOR_STEIN_CORRECTED,
                JSNORM_ACTIVATION_RELU, 8),
        coupled(JSNORM_INSTANCE_NORM, {3, 20, 64, 64}, JSNORM_ESTIMATOR_GRAND_MEAN),
        coupled(JSNORM_LAYER_NORM, {2, 40, 520}, JSNORM_ESTIMATOR_JAMES_STEIN)};
    for (const Case &problem : problems) {
        RunOptions options = nhwc();
        options.inference = is_batch_kind(problem.kind);
        options.backward_fixed = options.inference;
        for (const Layout layout : {Layout::ChannelsLast, Layout::Packed}) {
            options.layout = layout;
            use_device(kH100);
            options.workspace_fill = 0xFF;
            const RunResult with_clusters = run(problem, options);
            for (const int device : {kA100, kConsumerPart}) {
                use_device(device);
                options.workspace_fill = static_cast<unsigned char>(17 * device);
                EXPECT_EQ(differences(run(problem, options).raw, with_clusters.raw), "")
                    << describe(problem) << ", " << name_of(layout);
            }
        }
    }
}

}  // namespace
}  // namespace jsnorm::test
