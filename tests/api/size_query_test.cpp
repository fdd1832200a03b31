// SPDX-License-Identifier: Apache-2.0
//
// The sizes that the header spells out.
#include "tests/api/call.hpp"

namespace jsnorm::test::api {
namespace {

constexpr size_t kUnwritten = 0x5A5A5A5A;

size_t mask_bytes(const std::vector<int64_t> &dims, const std::vector<int64_t> &strides = {}) {
    const TensorDesc x(JSNORM_FLOAT, dims, strides);
    size_t bytes = kUnwritten;
    require(jsnormGetMaskSize(x, &bytes));
    return bytes;
}

TEST(MaskSize, IsOneBitForEachElementInWholeWords) {
    EXPECT_EQ(mask_bytes({1, 1}), 4u);
    EXPECT_EQ(mask_bytes({1, 31}), 4u);
    EXPECT_EQ(mask_bytes({1, 32}), 4u);
    EXPECT_EQ(mask_bytes({1, 33}), 8u);
    EXPECT_EQ(mask_bytes({3, 5, 2, 2}), 8u);
    EXPECT_EQ(mask_bytes({0, 5}), 0u);
    EXPECT_EQ(mask_bytes({int64_t{1} << 31, 3}), (size_t{1} << 31) * 3 / 8);
}

TEST(MaskSize, NeedsAPermutationOfAPackedTensor) {
    EXPECT_EQ(mask_bytes({3, 5, 2, 4}, {40, 1, 20, 5}), 16u);  // NHWC
    EXPECT_EQ(mask_bytes({3, 5, 2, 4}, {8, 24, 4, 1}), 16u);
    EXPECT_EQ(mask_bytes({3, 1, 4}, {4, 77, 1}), 4u);
    const std::vector<int64_t> not_dense[] = {{41, 8, 4, 1},  {80, 8, 4, 1}, {0, 8, 4, 1},
                                              {-40, 8, 4, 1}, {40, 8, 4, 2}, {40, 8, 1, 1}};
    for (const std::vector<int64_t> &strides : not_dense) {
        const TensorDesc x(JSNORM_FLOAT, {3, 5, 2, 4}, strides);
        size_t bytes = kUnwritten;
        EXPECT_FAILURE(jsnormGetMaskSize(x, &bytes), JSNORM_STATUS_NOT_SUPPORTED_LAYOUT,
                       "jsnormGetMaskSize", "x_desc");
        EXPECT_EQ(bytes, kUnwritten);
    }
}

TEST(RecordSize, IsHeaderAndTwoVectorsPaddedTo16) {
    const struct {
        int64_t statistics;
        jsnormRecordFormat_t format;
        size_t bytes;
    } cases[] = {
        {0, JSNORM_RECORD_MOMENTS, 16},    {5, JSNORM_RECORD_MOMENTS, 96},
        {6, JSNORM_RECORD_MOMENTS, 112},   {5, JSNORM_RECORD_SUMS, 96},
        {1, JSNORM_RECORD_SUMS_FLOAT, 32}, {2, JSNORM_RECORD_SUMS_FLOAT, 32},
        {5, JSNORM_RECORD_SUMS_FLOAT, 64}, {6, JSNORM_RECORD_SUMS_FLOAT, 64},
    };
    for (const auto &[statistics, format, expected] : cases) {
        for (jsnormDataType_t type : {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16}) {
            const NormDesc norm;
            const TensorDesc x(type, {3, statistics});
            size_t bytes = kUnwritten;
            EXPECT_STATUS(jsnormGetRecordSize(norm, x, format, &bytes), JSNORM_STATUS_SUCCESS);
            EXPECT_EQ(bytes, expected) << "K = " << statistics << ", format " << int{format};
        }
    }
    static_assert(sizeof(jsnormRecordHeader_t) == 16);
}

TEST(RecordSize, RefusesMoreStatisticsThanTheHeaderOfARecordHolds) {
    const NormDesc norm;
    size_t bytes = kUnwritten;
    const int64_t most = std::numeric_limits<int32_t>::max();
    const TensorDesc largest(JSNORM_HALF, {1, most}), larger(JSNORM_HALF, {1, most + 1});
    EXPECT_FAILURE(jsnormGetRecordSize(norm, larger, JSNORM_RECORD_SUMS, &bytes),
                   JSNORM_STATUS_NOT_SUPPORTED_SHAPE, "jsnormGetRecordSize",
                   std::to_string(most + 1));
    EXPECT_EQ(bytes, kUnwritten);
    EXPECT_STATUS(jsnormGetRecordSize(norm, largest, JSNORM_RECORD_SUMS, &bytes),
                  JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(bytes, 16 + size_t{16} * static_cast<size_t>(most));
}

TEST(CoefficientSize, IsThreeAndFiveVectorsOfTheArithmeticType) {
    for (jsnormDataType_t type : {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16}) {
        const size_t entry = type == JSNORM_DOUBLE ? 8 : 4;
        const NormDesc norm;
        const TensorDesc x(type, {3, 5, 2, 2});
        size_t bytes = kUnwritten;
        EXPECT_STATUS(jsnormGetForwardCoefficientSize(norm, x, &bytes), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(bytes, 3 * 5 * entry) << name_of(type);
        EXPECT_STATUS(jsnormGetBackwardCoefficientSize(norm, x, &bytes), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(bytes, 5 * 5 * entry) << name_of(type);
    }
}

TEST(WorkspaceSize, DoesNotShrinkWithTheBatchAndStaysBelowTheUpperBound) {
    const Handle handle;
    for (jsnormNormKind_t kind : all_kinds()) {
        for (const Operation &op : operations()) {
            if (op.batch_kinds_only && !is_batch_kind(kind)) continue;
            size_t previous = 0;
            for (int64_t batch : {0, 1, 2, 3, 8, 31, 32, 33, 100, 1000, 4096, 65537}) {
                const NormDesc norm(kind);
                const TensorDesc x(JSNORM_FLOAT, {batch, 5, 3, 7});
                size_t bytes = 0, bound = 0;
                require(jsnormGetWorkspaceSize(handle, norm, x, op.id, &bytes));
                require(jsnormGetWorkspaceUpperBound(norm, x, op.id, &bound));
                EXPECT_GE(bytes, previous) << op.function << ", batch " << batch;
                EXPECT_LE(bytes, bound) << op.function << ", batch " << batch;
                previous = bytes;
            }
        }
    }
}

TEST(WorkspaceSize, DoesNotDependOnStrides) {
    const Handle handle;
    for (const Operation &op : operations()) {
        const NormDesc norm;
        size_t packed_bytes = 0;
        const TensorDesc packed(JSNORM_FLOAT, {3, 5, 2, 4});
        require(jsnormGetWorkspaceSize(handle, norm, packed, op.id, &packed_bytes));
        for (const auto &strides : {std::vector<int64_t>{40, 1, 20, 5}, {400, 80, 40, 1}}) {
            const TensorDesc x(JSNORM_FLOAT, {3, 5, 2, 4}, strides);
            size_t bytes = kUnwritten;
            require(jsnormGetWorkspaceSize(handle, norm, x, op.id, &bytes));
            EXPECT_EQ(bytes, packed_bytes) << op.function;
        }
    }
}

TEST(MemoryTraffic, CountsEveryTensorOnceAtLeast) {
    const Handle handle;
    const NormDesc norm;
    require(jsnormSetNormActivation(norm, JSNORM_ACTIVATION_RELU));
    const TensorDesc x(JSNORM_HALF, {3, 5, 2, 4});
    const uint64_t tensor = 3 * 5 * 2 * 4 * 2, mask = 16;
    const auto least = [&](jsnormOperation_t op, uint32_t tensors) {
        jsnormMemoryTraffic_t traffic = new_traffic();
        require(jsnormGetMemoryTraffic(handle, norm, x, op, tensors, &traffic));
        EXPECT_GE(traffic.planned_tensor_bytes, traffic.least_tensor_bytes);
        return traffic.least_tensor_bytes;
    };
    const uint32_t both = JSNORM_TRAFFIC_RESIDUAL | JSNORM_TRAFFIC_MASK;
    EXPECT_EQ(least(JSNORM_FORWARD_TRAINING, 0), 2 * tensor);
    EXPECT_EQ(least(JSNORM_FORWARD_TRAINING, JSNORM_TRAFFIC_RESIDUAL), 3 * tensor);
    EXPECT_EQ(least(JSNORM_FORWARD_TRAINING, both), 3 * tensor + mask);
    EXPECT_EQ(least(JSNORM_BACKWARD, 0), 3 * tensor);
    EXPECT_EQ(least(JSNORM_BACKWARD, both), 4 * tensor + mask);
    EXPECT_EQ(least(JSNORM_FORWARD_STATISTICS, 0), tensor);
}

}  // namespace
}  // namespace jsnorm::test::api
