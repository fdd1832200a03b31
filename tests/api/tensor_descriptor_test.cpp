// SPDX-License-Identifier: Apache-2.0
//
// What a tensor descriptor accepts, and that it gives back what was set.
#include "tests/api/api_fixture.hpp"

namespace jsnorm::test::api {
namespace {

using Sizes = std::vector<int64_t>;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr const char *kSet = "jsnormSetTensorDescriptor";

jsnormStatus_t set(jsnormTensorDescriptor_t desc, jsnormDataType_t type, const Sizes &dims,
                   const Sizes &strides = {}) {
    return jsnormSetTensorDescriptor(desc, type, static_cast<int32_t>(dims.size()), dims.data(),
                                     strides.empty() ? nullptr : strides.data());
}

void expect_holds(jsnormTensorDescriptor_t desc, jsnormDataType_t type, const Sizes &dims,
                  const Sizes &strides) {
    jsnormDataType_t got_type = JSNORM_DATA_TYPE_FORCE_INT32;
    int32_t rank = 0;
    Sizes got_dims(JSNORM_MAX_RANK), got_strides(JSNORM_MAX_RANK);
    EXPECT_STATUS(
        jsnormGetTensorDescriptor(desc, &got_type, &rank, got_dims.data(), got_strides.data()),
        JSNORM_STATUS_SUCCESS);
    ASSERT_EQ(static_cast<size_t>(rank), dims.size());
    got_dims.resize(dims.size());
    got_strides.resize(dims.size());
    EXPECT_EQ(got_type, type);
    EXPECT_EQ(got_dims, dims);
    EXPECT_EQ(got_strides, strides);
}

TEST(TensorDescriptor, GivesBackWhatWasSet) {
    const TensorDesc desc;
    for (jsnormDataType_t type : {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16}) {
        EXPECT_STATUS(set(desc, type, {3, 5, 2, 4}, {40, 1, 20, 5}), JSNORM_STATUS_SUCCESS);
        expect_holds(desc, type, {3, 5, 2, 4}, {40, 1, 20, 5});
    }
}

TEST(TensorDescriptor, NullStridesArePackedRowMajor) {
    const TensorDesc desc;
    EXPECT_STATUS(set(desc, JSNORM_FLOAT, {3, 5, 2, 4}), JSNORM_STATUS_SUCCESS);
    expect_holds(desc, JSNORM_FLOAT, {3, 5, 2, 4}, {40, 8, 4, 1});
    EXPECT_STATUS(set(desc, JSNORM_HALF, {7}), JSNORM_STATUS_SUCCESS);
    expect_holds(desc, JSNORM_HALF, {7}, {1});
    EXPECT_STATUS(set(desc, JSNORM_HALF, {2, 2, 2, 2, 2, 2, 2, 2}), JSNORM_STATUS_SUCCESS);
    expect_holds(desc, JSNORM_HALF, {2, 2, 2, 2, 2, 2, 2, 2}, {128, 64, 32, 16, 8, 4, 2, 1});
}

TEST(TensorDescriptor, EveryResultOfGetIsOptional) {
    const TensorDesc desc(JSNORM_FLOAT, {2, 3});
    EXPECT_STATUS(jsnormGetTensorDescriptor(desc, nullptr, nullptr, nullptr, nullptr),
                  JSNORM_STATUS_SUCCESS);
    int32_t rank = 0;
    EXPECT_STATUS(jsnormGetTensorDescriptor(desc, nullptr, &rank, nullptr, nullptr),
                  JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(rank, 2);
}

TEST(TensorDescriptor, GetOfAnUnsetDescriptorSaysThatItWasNeverSet) {
    const TensorDesc desc;
    int32_t rank = 77;
    EXPECT_FAILURE(jsnormGetTensorDescriptor(desc, nullptr, &rank, nullptr, nullptr),
                   JSNORM_STATUS_BAD_PARAM, "jsnormGetTensorDescriptor", "desc", "never set");
    EXPECT_EQ(rank, 77);
}

TEST(TensorDescriptor, ZeroSizesAreFine) {
    const TensorDesc desc;
    for (const Sizes &dims : {Sizes{0, 5}, {3, 0, 2}, {3, 5, 0}, {0, 0}, {0}}) {
        EXPECT_STATUS(set(desc, JSNORM_FLOAT, dims), JSNORM_STATUS_SUCCESS);
    }
}

TEST(TensorDescriptor, StridesOfEitherSignAndZeroAreFine) {
    const TensorDesc desc;
    EXPECT_STATUS(set(desc, JSNORM_FLOAT, {3, 5}, {-5, 1}), JSNORM_STATUS_SUCCESS);
    expect_holds(desc, JSNORM_FLOAT, {3, 5}, {-5, 1});
    EXPECT_STATUS(set(desc, JSNORM_FLOAT, {3, 5}, {0, 0}), JSNORM_STATUS_SUCCESS);
    expect_holds(desc, JSNORM_FLOAT, {3, 5}, {0, 0});
}

TEST(TensorDescriptor, StridesOfAxesOfSizeOneAreIgnored) {
    const TensorDesc desc;
    for (int64_t stride : {kMost, kLeast, int64_t{0}, int64_t{-7}}) {
        EXPECT_STATUS(set(desc, JSNORM_DOUBLE, {3, 1, 4, 1}, {4, stride, 1, stride}),
                      JSNORM_STATUS_SUCCESS)
            << stride;
        size_t mask_bytes = 0;  // needs a dense tensor, which this is
        EXPECT_STATUS(jsnormGetMaskSize(desc, &mask_bytes), JSNORM_STATUS_SUCCESS) << stride;
        EXPECT_EQ(mask_bytes, 4u);
    }
}

TEST(TensorDescriptor, RankIsOneToEight) {
    const TensorDesc desc;
    const Sizes dims(9, 2);
    for (int32_t rank : {0, 9, -1, 77, std::numeric_limits<int32_t>::min()}) {
        EXPECT_FAILURE(jsnormSetTensorDescriptor(desc, JSNORM_FLOAT, rank, dims.data(), nullptr),
                       JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, kSet, "rank", std::to_string(rank));
    }
}

TEST(TensorDescriptor, NegativeSizeIsNamed) {
    const TensorDesc desc;
    EXPECT_FAILURE(set(desc, JSNORM_FLOAT, {3, -17, 2}), JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, kSet,
                   "dims[1]", "-17");
    EXPECT_FAILURE(set(desc, JSNORM_FLOAT, {0, 3, kLeast}), JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                   kSet, "dims[2]");
}

TEST(TensorDescriptor, NullIsRefused) {
    const TensorDesc desc;
    const Sizes dims = {3, 5};
    EXPECT_FAILURE(jsnormSetTensorDescriptor(desc, JSNORM_FLOAT, 2, nullptr, nullptr),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, kSet, "dims");
    EXPECT_FAILURE(jsnormSetTensorDescriptor(nullptr, JSNORM_FLOAT, 2, dims.data(), nullptr),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, kSet, "desc");
    EXPECT_FAILURE(jsnormGetTensorDescriptor(nullptr, nullptr, nullptr, nullptr, nullptr),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "jsnormGetTensorDescriptor", "desc");
}

TEST(TensorDescriptor, UnknownDataTypeIsNamed) {
    const TensorDesc desc;
    for (int32_t type : {-1, 4, 77}) {
        EXPECT_FAILURE(set(desc, static_cast<jsnormDataType_t>(type), {3, 5}),
                       JSNORM_STATUS_BAD_PARAM, kSet, "data_type", std::to_string(type));
    }
}

TEST(TensorDescriptor, ProductOfSizesBeyond64BitsIsNotSupported) {
    const TensorDesc desc;
    const int64_t two_to_32 = int64_t{1} << 32;
    for (const Sizes &dims : {Sizes{two_to_32, two_to_32},
                              {two_to_32, two_to_32 / 2},
                              {kMost, 2},
                              Sizes{two_to_32, two_to_32, two_to_32, two_to_32}}) {
        // Strides of 0: no offset overflows, the number of elements does.
        EXPECT_FAILURE(set(desc, JSNORM_HALF, dims, Sizes(dims.size(), 0)),
                       JSNORM_STATUS_NOT_SUPPORTED_SHAPE, kSet, );
        EXPECT_FAILURE(set(desc, JSNORM_HALF, dims), JSNORM_STATUS_NOT_SUPPORTED_SHAPE, kSet, );
    }
}

TEST(TensorDescriptor, ByteOffsetBeyond64BitsIsNotSupported) {
    const TensorDesc desc;
    const int64_t quarter = int64_t{1} << 61;  // times 4 bytes: 2^63
    for (int64_t stride : {quarter, -quarter - 1, kMost, kLeast, kMost / 2}) {
        EXPECT_FAILURE(set(desc, JSNORM_FLOAT, {2}, {stride}), JSNORM_STATUS_NOT_SUPPORTED_SHAPE,
                       kSet, );
    }
    // Two axes, each fine on its own.
    EXPECT_FAILURE(set(desc, JSNORM_FLOAT, {2, 2}, {quarter / 2, quarter / 2}),
                   JSNORM_STATUS_NOT_SUPPORTED_SHAPE, kSet, );
    EXPECT_FAILURE(set(desc, JSNORM_DOUBLE, {quarter}), JSNORM_STATUS_NOT_SUPPORTED_SHAPE, kSet, );
    EXPECT_FAILURE(set(desc, JSNORM_FLOAT, {3}, {quarter - 1}), JSNORM_STATUS_NOT_SUPPORTED_SHAPE,
                   kSet, );
}

TEST(TensorDescriptor, TheLargestOffsetsThatFitAreFine) {
    const TensorDesc desc;
    const int64_t quarter = int64_t{1} << 61;
    EXPECT_STATUS(set(desc, JSNORM_FLOAT, {2}, {quarter / 2}), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(set(desc, JSNORM_FLOAT, {2}, {-quarter / 2}), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(set(desc, JSNORM_HALF, {2, 2}, {quarter / 2, quarter / 2}),
                  JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(set(desc, JSNORM_FLOAT, {int64_t{1} << 31, int64_t{1} << 29}),
                  JSNORM_STATUS_SUCCESS);
}

TEST(TensorDescriptor, AFailedSetKeepsTheValue) {
    const TensorDesc desc(JSNORM_HALF, {3, 5}, {10, 2});
    const Sizes dims(9, 2);
    EXPECT_NE(set(desc, static_cast<jsnormDataType_t>(77), {2, 2, 2}), JSNORM_STATUS_SUCCESS);
    EXPECT_NE(set(desc, JSNORM_FLOAT, {2, 2, -1}), JSNORM_STATUS_SUCCESS);
    EXPECT_NE(set(desc, JSNORM_FLOAT, {kMost, kMost, 2}), JSNORM_STATUS_SUCCESS);
    EXPECT_NE(set(desc, JSNORM_FLOAT, {2, 2, 2}, {kMost, 1, 1}), JSNORM_STATUS_SUCCESS);
    EXPECT_NE(set(desc, JSNORM_FLOAT, dims), JSNORM_STATUS_SUCCESS);
    EXPECT_NE(jsnormSetTensorDescriptor(desc, JSNORM_FLOAT, 3, nullptr, nullptr),
              JSNORM_STATUS_SUCCESS);
    expect_holds(desc, JSNORM_HALF, {3, 5}, {10, 2});
}

TEST(TensorDescriptor, MayBeSetAgainAfterUse) {
    const NormDesc norm;
    const TensorDesc desc(JSNORM_FLOAT, {3, 5});
    int64_t elements = 0;
    require(jsnormGetStatisticsShape(norm, desc, nullptr, nullptr, &elements, nullptr));
    EXPECT_EQ(elements, 3);
    EXPECT_STATUS(set(desc, JSNORM_FLOAT, {7, 5}), JSNORM_STATUS_SUCCESS);
    require(jsnormGetStatisticsShape(norm, desc, nullptr, nullptr, &elements, nullptr));
    EXPECT_EQ(elements, 7);
}

// ---- Extent ------------------------------------------------------------------------------------

struct Extent {
    int64_t first_byte = 77, end_byte = 77;
    int32_t overlaps_itself = 77;
    bool operator==(const Extent &) const = default;
};

std::ostream &operator<<(std::ostream &out, const Extent &e) {
    return out << e.first_byte << " to " << e.end_byte << ", " << e.overlaps_itself;
}

Extent extent_of(jsnormDataType_t type, const Sizes &dims, const Sizes &strides = {}) {
    const TensorDesc desc(type, dims, strides);
    Extent extent;
    EXPECT_STATUS(
        jsnormGetTensorExtent(desc, &extent.first_byte, &extent.end_byte, &extent.overlaps_itself),
        JSNORM_STATUS_SUCCESS);
    return extent;
}

TEST(TensorExtent, SpansFromTheLowestByteToTheHighest) {
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {3, 5, 2}), (Extent{0, 120, 0}));
    EXPECT_EQ(extent_of(JSNORM_DOUBLE, {3, 5, 2}), (Extent{0, 240, 0}));
    EXPECT_EQ(extent_of(JSNORM_HALF, {1}), (Extent{0, 2, 0}));
    EXPECT_EQ(extent_of(JSNORM_BFLOAT16, {3, 5}, {-10, 2}), (Extent{-40, 18, 0}));
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {3, 5}, {-5, -1}), (Extent{-56, 4, 0}));
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {3, 1}, {1, 1000}), (Extent{0, 12, 0}));
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {3, 0}, {1000, 1}), (Extent{0, 0, 0}));
    EXPECT_EQ(extent_of(JSNORM_HALF, {int64_t{1} << 31, int64_t{1} << 29}),
              (Extent{0, int64_t{1} << 61, 0}));
}

TEST(TensorExtent, TellsWhetherTwoElementsLieAtOnePlace) {
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {3, 5}, {0, 1}), (Extent{0, 20, 1}));
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {3, 5}, {1, 1}), (Extent{0, 28, 1}));
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {2, 3}, {3, 2}), (Extent{0, 32, 0}));
    EXPECT_EQ(extent_of(JSNORM_FLOAT, {2, 4}, {6, 2}), (Extent{0, 52, 1}));
}

TEST(TensorExtent, LeavesOutWhatIsNotAskedForAndRefusesWrongObjects) {
    const TensorDesc desc(JSNORM_FLOAT, {3, 5});
    const TensorDesc unset;
    int64_t end = 77;
    EXPECT_STATUS(jsnormGetTensorExtent(desc, nullptr, &end, nullptr), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(end, 60);
    EXPECT_STATUS(jsnormGetTensorExtent(desc, nullptr, nullptr, nullptr), JSNORM_STATUS_SUCCESS);
    const char *function = "jsnormGetTensorExtent";
    EXPECT_FAILURE(jsnormGetTensorExtent(nullptr, nullptr, &end, nullptr),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, function, "desc");
    EXPECT_FAILURE(
        jsnormGetTensorExtent(not_an_object<jsnormTensorDescriptor_t>(), nullptr, &end, nullptr),
        JSNORM_STATUS_NOT_INITIALIZED, function, "desc");
    EXPECT_FAILURE(jsnormGetTensorExtent(unset, nullptr, &end, nullptr), JSNORM_STATUS_BAD_PARAM,
                   function, "desc", "never set");
    EXPECT_EQ(end, 60);
}

}  // namespace
}  // namespace jsnorm::test::api
