// SPDX-License-Identifier: Apache-2.0
//
// Offsets and counts beyond 32 bits. Four rows of eight elements, with the rows 2^31 and more
// elements apart in memory that is only reserved, must come out as the four rows of a dense tensor
// do: bit for bit, for the strides are of the same class (neighbouring channels adjacent, or not).

#include <gtest/gtest.h>
#include <cstring>

#include "tests/ops/placed_run.hpp"
#include "tests/support/agreement.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;
using Strides = std::vector<int64_t>;

const std::vector<std::string> kTensors = {"x", "z", "y", "dy", "dx", "dz"};

constexpr int64_t k31 = int64_t{1} << 31;
constexpr int64_t k32 = int64_t{1} << 32;
constexpr int64_t kFar[] = {k31 - 1, k31, k31 + 1, k32 - 1, k32, k32 + 1, -k31 - 1, -k32 - 3};

struct Shape {
    jsnormNormKind_t kind;
    Dims dims;
    Strides dense;                 // a dense tensor of the same class
    std::vector<size_t> far_axes;  // which strides are made large
};

const std::vector<Shape> kShapes = {
    {JSNORM_BATCH_NORM, {4, 8}, {8, 1}, {0}},
    {JSNORM_BATCH_NORM, {8, 4}, {1, 8}, {1}},
    {JSNORM_BATCH_NORM, {4, 2, 8}, {16, 8, 1}, {0, 1}},
    {JSNORM_BATCH_NORM, {2, 8, 4}, {32, 1, 8}, {0, 2}},
    {JSNORM_BATCH_NORM_PER_ACTIVATION, {4, 8}, {8, 1}, {0}},
    {JSNORM_BATCH_NORM_PER_ACTIVATION, {8, 4}, {1, 8}, {1}},
    {JSNORM_BATCH_NORM_PER_ACTIVATION, {4, 2, 4}, {8, 4, 1}, {0, 1}},
    {JSNORM_INSTANCE_NORM, {2, 4, 8}, {32, 8, 1}, {0, 1}},
    {JSNORM_INSTANCE_NORM, {2, 8, 4}, {32, 1, 8}, {0, 2}},
    {JSNORM_GROUP_NORM, {2, 8, 4}, {32, 4, 1}, {0, 1}},
    {JSNORM_GROUP_NORM, {2, 8, 4}, {32, 1, 8}, {0, 2}},
    {JSNORM_LAYER_NORM, {4, 8}, {8, 1}, {0}},
    {JSNORM_LAYER_NORM, {1, 4, 8}, {32, 8, 1}, {1}},
    {JSNORM_LAYER_NORM, {2, 4, 8}, {32, 8, 1}, {0, 1}},
};

Case case_of(const Shape &shape, bool residual) {
    CaseOptions options;
    options.activation = residual ? JSNORM_ACTIVATION_NONE : JSNORM_ACTIVATION_RELU;
    options.residual = residual;
    return make_case(shape.kind, shape.dims, options);
}

class LargeOffset : public testing::TestWithParam<jsnormDataType_t> {};

TEST_P(LargeOffset, FarStridesGiveTheBitsOfADenseTensor) {
    for (const Shape &shape : kShapes)
        for (const bool residual : {true, false}) {
            const PlacedCase placed(case_of(shape, residual), GetParam());
            PlacedOptions dense = all_in(shape.dense);
            dense.mask = false;  // the far one can have none
            const Outputs expected = placed.run(dense);
            ASSERT_TRUE(expected.contains("dx"));
            for (const int64_t stride : kFar)
                for (const size_t axis : shape.far_axes) {
                    Strides strides = shape.dense;
                    strides[axis] = stride;
                    PlacedOptions far = all_in(strides);
                    far.mask = false;
                    EXPECT_EQ(differences(placed.run(far), expected), "")
                        << describe(placed.problem()) << " " << testing::PrintToString(strides);
                }
        }
}

TEST_P(LargeOffset, OneFarTensorAmongDenseOnesGivesTheSameBits) {
    for (const Shape &shape : kShapes) {
        const PlacedCase placed(case_of(shape, true), GetParam());
        const Outputs expected = placed.run(all_in(shape.dense));
        for (const std::string &name : kTensors) {
            PlacedOptions options = all_in(shape.dense);
            options.placements[name].strides[shape.far_axes[0]] = k32 + 1;
            EXPECT_EQ(differences(placed.run(options), expected), "")
                << describe(placed.problem()) << " " << name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Types, LargeOffset, testing::ValuesIn(every_data_type()),
                         [](const auto &with) { return std::string(name_of(with.param)); });

TEST(LargeStatisticCount, SquaresOfTheNumberOfStatisticsBeyond32BitsAgreeWithTheOracle) {
    // The square of 46341 is the first beyond 2^31, that of 65536 is 2^32, which 32 bits take for
    // 0.
    for (const jsnormEstimator_t estimator :
         {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_GRAND_MEAN,
          JSNORM_ESTIMATOR_STEIN_CORRECTED, JSNORM_ESTIMATOR_SAMPLING})
        for (const int64_t channels : {46341, 65536}) {
            CaseOptions case_options;
            case_options.mean_estimator = case_options.variance_estimator = estimator;
            case_options.epsilon = 0.1;  // variances of two elements come arbitrarily near to 0
            const Case problem = make_case(JSNORM_BATCH_NORM, {2, channels}, case_options);
            RunOptions options;
            options.thread_count = 1;
            const Agreement agreement = agree_with_oracle(problem, options);
            EXPECT_EQ(agreement.complaints, "") << describe(problem);
            EXPECT_TRUE(agreement.compared("dx"));
        }
}

// Means of 1e4 that differ by 1e-4: sums of their squares about 0 have no digit left that tells
// their differences from their noise. 5000 statistics are more than a slice of them.
TEST(LargeStatisticCount, SamplingTellsDifferencesOfMeansFromNoiseFarFromZero) {
    for (const int64_t channels : {64, 5000}) {
        CaseOptions case_options;
        case_options.mean_estimator = JSNORM_ESTIMATOR_SAMPLING;
        case_options.variance_estimator = JSNORM_ESTIMATOR_NONE;
        case_options.mean = 1e4;
        case_options.mean_spread = 1e-4;
        case_options.deviation = 2e-4;
        case_options.epsilon = 1e-12;
        case_options.running = false;
        const Case problem = make_case(JSNORM_BATCH_NORM, {8, channels}, case_options);
        RunOptions options;
        options.type = JSNORM_DOUBLE;
        options.inference = options.backward_fixed = false;
        const RunResult got = run(problem, options);
        const Result right = oracle_forward(problem);
        const auto spread = [](const std::vector<double> &means) { return means[1] - means[0]; };
        const double factor = spread(right.shrunk_mean) / spread(right.saved_mean);
        EXPECT_GT(factor, 0.2);
        EXPECT_LT(factor, 0.9);
        EXPECT_NEAR(spread(got.shrunk_mean) / spread(got.saved_mean), factor, 1e-6) << channels;
    }
}

TEST(LargeElementCount, AStatisticOfMoreThan2To31ElementsIsCountedAndAveraged) {
    // One row of 32768 elements, read 65537 times over by a stride of 0.
    constexpr int64_t kRow = 32768;
    constexpr int64_t kRepeats = 65537;
    std::vector<float> row(kRow);
    for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i % 512);  // mean 255.5
    const NormDescriptor norm(JSNORM_BATCH_NORM);
    const TensorDescriptor x_desc(JSNORM_FLOAT, {kRepeats, 1, kRow}, {0, 0, 1});
    const jsnormHandle_t handle = shared_handle(test_backend());
    if (test_backend() == JSNORM_BACKEND_CPU)
        require(jsnormSetThreadCount(handle, 1), "jsnormSetThreadCount");
    jsnormForwardStatisticsArgs_t args;
    require(jsnormForwardStatisticsArgsInit(&args, sizeof args), "jsnormForwardStatisticsArgsInit");
    struct alignas(16) {
        jsnormRecordHeader_t header;
        double mean, m2;
    } record = {};
    Memory &memory = memory_of(test_backend());
    GuardedBuffer device_row(memory, row.size() * sizeof(float));
    device_row.write(row.data(), device_row.bytes());
    const GuardedBuffer device_record(memory, sizeof record);
    args.x_desc = x_desc.get();
    args.x = device_row.data();
    args.record = device_record.data();
    require(jsnormGetWorkspaceSize(handle, norm.get(), x_desc.get(), JSNORM_FORWARD_STATISTICS,
                                   &args.workspace_bytes),
            "jsnormGetWorkspaceSize");
    const GuardedBuffer workspace(memory, args.workspace_bytes);
    args.workspace = workspace.data();
    require(jsnormForwardStatistics(handle, norm.get(), &args), "jsnormForwardStatistics");
    std::memcpy(&record, device_record.read().data(), sizeof record);
    const auto count = static_cast<double>(kRow * kRepeats);
    EXPECT_EQ(record.header.count, kRow * kRepeats);
    EXPECT_NEAR(record.mean, 255.5, 1e-9);
    EXPECT_NEAR(record.m2 / count, (512.0 * 512.0 - 1) / 12, 1e-3);
}

}  // namespace
}  // namespace jsnorm::test
