// SPDX-License-Identifier: Apache-2.0
//
// What can be told from dimensions and strides alone (src/core/layout.hpp).

#include "src/core/layout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Sizes = std::vector<int64_t>;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

Layout layout_of(const Sizes &dims, const Sizes &strides = {},
                 jsnormDataType_t type = JSNORM_FLOAT) {
    Layout layout;
    layout.type = type;
    layout.rank = static_cast<int32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), layout.dims);
    if (strides.empty())
        EXPECT_TRUE(set_packed_strides(layout));
    else
        std::copy(strides.begin(), strides.end(), layout.strides);
    return layout;
}

TEST(LayoutElements, AreTheProductOfTheSizesAndNoneWhereAnyIsZero) {
    EXPECT_EQ(layout_of({2, 3, 5}).elements(), 30);
    EXPECT_EQ(layout_of({1, 1}).elements(), 1);
    EXPECT_EQ(layout_of({0, 3}).elements(), 0);
    // The other sizes would overflow, but there is nothing to count.
    EXPECT_EQ(layout_of({kMost, 0, kMost}, {1, 1, 1}).elements(), 0);
    EXPECT_TRUE(layout_of({4, 0}).empty());
    EXPECT_FALSE(layout_of({4, 1}).empty());
}

TEST(LayoutPackedStrides, AreRowMajorAndReportOverflow) {
    const Layout layout = layout_of({2, 3, 5, 7});
    EXPECT_EQ(Sizes(layout.strides, layout.strides + 4), (Sizes{105, 35, 7, 1}));
    const Layout empty = layout_of({2, 0, 5});  // an axis of size 0 counts as 1
    EXPECT_EQ(Sizes(empty.strides, empty.strides + 3), (Sizes{5, 5, 1}));
    Layout huge = layout_of({1, 1, 1});
    std::fill(huge.dims, huge.dims + 3, int64_t{1} << 31);
    EXPECT_FALSE(set_packed_strides(huge));
    huge.dims[0] = 1;
    EXPECT_TRUE(set_packed_strides(huge));
    EXPECT_EQ(huge.strides[0], int64_t{1} << 62);
}

TEST(LayoutPacked, IsToldWhateverTheStridesOfAxesOfSizeOne) {
    EXPECT_TRUE(is_packed(layout_of({2, 3, 5})));
    EXPECT_TRUE(is_packed(layout_of({2, 1, 5}, {5, kLeast, 1})));
    EXPECT_TRUE(is_packed(layout_of({1, 1}, {0, -3})));
    EXPECT_FALSE(is_packed(layout_of({2, 3}, {1, 2})));
    EXPECT_FALSE(is_packed(layout_of({2, 3}, {4, 1})));
    EXPECT_FALSE(is_packed(layout_of({2, 3}, {-3, -1})));
    EXPECT_FALSE(is_packed(layout_of({2, 3}, {0, 1})));
}

// The offset of the e-th element in row-major order.
int64_t offset_of(const Layout &layout, int64_t e) {
    int64_t offset = 0;
    for (int64_t axis = layout.rank - 1; axis >= 0; --axis) {
        offset += e % layout.dims[axis] * layout.strides[axis];
        e /= layout.dims[axis];
    }
    return offset;
}

// Whether the offsets are exactly 0..elements-1, by looking at each of them.
bool covers_all_offsets_once(const Layout &layout) {
    std::vector<int> seen(static_cast<size_t>(layout.elements()));
    for (int64_t e = 0; e < layout.elements(); ++e) {
        const int64_t offset = offset_of(layout, e);
        if (offset < 0 || offset >= layout.elements() || seen[static_cast<size_t>(offset)]++ > 0)
            return false;
    }
    return true;
}

TEST(LayoutDense, IsToldForEveryOrderOfTheAxesAndForNothingElse) {
    Sizes order = {0, 1, 2, 3};
    const Sizes dims = {2, 3, 1, 5};
    do {
        Sizes strides(4);
        int64_t next = 1;
        for (const int64_t axis : order) {
            strides[static_cast<size_t>(axis)] = next;
            next *= dims[static_cast<size_t>(axis)];
        }
        EXPECT_TRUE(is_dense(layout_of(dims, strides))) << testing::PrintToString(strides);
        strides[2] = kLeast;  // an axis of size 1
        EXPECT_TRUE(is_dense(layout_of(dims, strides))) << testing::PrintToString(strides);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_TRUE(is_dense(layout_of({3, 0, 2}, {7, -1, 0})));

    int dense = 0;
    Random random(1);
    for (int round = 0; round < 20000; ++round) {
        Sizes sizes, strides;
        for (int axis = 0; axis < 3; ++axis) {
            sizes.push_back(random.integer(1, 3));
            strides.push_back(random.integer(-2, 9));
        }
        const Layout layout = layout_of(sizes, strides);
        EXPECT_EQ(is_dense(layout), covers_all_offsets_once(layout))
            << testing::PrintToString(sizes) << testing::PrintToString(strides);
        dense += is_dense(layout);
    }
    EXPECT_GT(dense, 1000);
    EXPECT_LT(dense, 15000);
}

bool some_offset_is_taken_twice(const Layout &layout) {
    std::set<int64_t> taken;
    for (int64_t e = 0; e < layout.elements(); ++e) {
        if (!taken.insert(offset_of(layout, e)).second) return true;
    }
    return false;
}

TEST(LayoutSelfOverlap, IsWhatCountingTheOffsetsSays) {
    Random random(11);
    int overlapping = 0;
    for (int round = 0; round < 20000; ++round) {
        const int64_t rank = random.integer(1, 5);
        const int64_t longest = random.integer(1, 60);
        Sizes sizes, strides;
        for (int64_t axis = 0; axis < rank; ++axis) {
            sizes.push_back(random.integer(0, 5));
            strides.push_back(random.integer(-longest, longest));
        }
        const Layout layout = layout_of(sizes, strides);
        const bool expected = some_offset_is_taken_twice(layout);
        EXPECT_EQ(self_overlap(layout), expected ? SelfOverlap::kSome : SelfOverlap::kNone)
            << testing::PrintToString(sizes) << testing::PrintToString(strides);
        overlapping += expected;
    }
    EXPECT_GT(overlapping, 2000);
    EXPECT_LT(overlapping, 16000);
}

TEST(LayoutSelfOverlap, IsToldOfLongAxes) {
    const auto some = SelfOverlap::kSome, none = SelfOverlap::kNone;
    const int64_t far = int64_t{1} << 40;
    EXPECT_EQ(self_overlap(layout_of({2, 3}, {0, 1})), some);
    EXPECT_EQ(self_overlap(layout_of({1, 3}, {0, 1})), none);
    EXPECT_EQ(self_overlap(layout_of({0, 3}, {0, 1})), none);
    EXPECT_EQ(self_overlap(layout_of({far, 3}, {1, far})), none);
    EXPECT_EQ(self_overlap(layout_of({far, 3}, {1, far - 1})), some);
    EXPECT_EQ(self_overlap(layout_of({far, 3}, {-1, far})), none);
    EXPECT_EQ(self_overlap(layout_of({1000, 1000}, {1000, 1001})), none);
    EXPECT_EQ(self_overlap(layout_of({1002, 1002}, {1000, 1001})), some);
    EXPECT_EQ(self_overlap(layout_of({1000, 900, 2}, {6, 4, 3})), some);
    EXPECT_EQ(self_overlap(layout_of({2, 1000, 2}, {1001, 2, 1})), some);
    EXPECT_EQ(self_overlap(layout_of({2, 1000, 2}, {1001, 4, 2})), none);  // odd and even
}

// A sum of subsets is hard to find: the search is given up in time.
TEST(LayoutSelfOverlap, IsUnknownWhereTheStridesHaveNoOrder) {
    const Layout layout = layout_of({90, 90, 90, 90, 90, 90, 90, 90},
                                    {1000000000039, 1100000000087, 1200000000043, 1300000000093,
                                     1400000000051, 1500000000097, 1600000000021, 1700000000003});
    EXPECT_EQ(self_overlap(layout), SelfOverlap::kUnknown);
}

TEST(LayoutOffsets, ReachFromTheNegativeStridesToThePositiveOnes) {
    const auto range = [](const Layout &layout) {
        const OffsetRange offsets = offsets_of(layout);
        return std::pair(offsets.first, offsets.last);
    };
    EXPECT_EQ(range(layout_of({2, 3, 5})), std::pair(int64_t{0}, int64_t{29}));
    EXPECT_EQ(range(layout_of({2, 3}, {-7, 2})), std::pair(int64_t{-7}, int64_t{4}));
    EXPECT_EQ(range(layout_of({2, 3}, {-7, -2})), std::pair(int64_t{-11}, int64_t{0}));
    EXPECT_EQ(range(layout_of({1, 3}, {kMost, 0})), std::pair(int64_t{0}, int64_t{0}));
    EXPECT_EQ(range(layout_of({3, 0})), std::pair(int64_t{0}, int64_t{-1}));
    EXPECT_EQ(range(layout_of({4, 8}, {(int64_t{1} << 32) + 1, 1})),
              std::pair(int64_t{0}, 3 * ((int64_t{1} << 32) + 1) + 7));
}

TEST(LayoutComparison, IgnoresTheStridesOfAxesOfSizeOne) {
    const Layout a = layout_of({2, 1, 3}, {3, 99, 1});
    EXPECT_TRUE(same_strides(a, layout_of({2, 1, 3}, {3, -5, 1})));
    EXPECT_FALSE(same_strides(a, layout_of({2, 1, 3}, {6, 99, 1})));
    EXPECT_FALSE(same_strides(a, layout_of({2, 1, 4}, {3, 99, 1})));
    EXPECT_TRUE(same_dims(a, layout_of({2, 1, 3})));
    EXPECT_FALSE(same_dims(a, layout_of({2, 3})));
    EXPECT_FALSE(same_dims(a, layout_of({2, 1, 3, 1})));
}

TEST(LayoutRepresentable, WhereCountsAndByteOffsetsFit64Bits) {
    constexpr int64_t k62 = int64_t{1} << 62;
    const auto fits = [](const Sizes &dims, const Sizes &strides, jsnormDataType_t type) {
        return is_representable(layout_of(dims, strides, type));
    };
    EXPECT_TRUE(fits({2, 3}, {3, 1}, JSNORM_FLOAT));
    EXPECT_TRUE(fits({1, 1}, {kMost, kLeast}, JSNORM_DOUBLE));  // ignored
    // Number of elements, and their bytes.
    EXPECT_FALSE(fits({k62, 2}, {0, 0}, JSNORM_HALF));
    EXPECT_FALSE(fits({k62, 1}, {0, 1}, JSNORM_HALF));
    EXPECT_TRUE(fits({k62 / 2, 1}, {0, 1}, JSNORM_HALF));
    EXPECT_FALSE(fits({k62 / 2, 1}, {0, 1}, JSNORM_FLOAT));
    // Offsets on either side.
    EXPECT_FALSE(fits({3, 1}, {k62, 1}, JSNORM_HALF));
    EXPECT_FALSE(fits({3, 1}, {-k62 - 1, 1}, JSNORM_HALF));
    EXPECT_FALSE(fits({2, 1}, {k62, 1}, JSNORM_HALF));
    EXPECT_TRUE(fits({2, 1}, {k62 / 4, 1}, JSNORM_HALF));
    EXPECT_FALSE(fits({2, 1}, {k62 / 4, 1}, JSNORM_DOUBLE));
    EXPECT_FALSE(fits({2, 1}, {kLeast, 1}, JSNORM_HALF));
    // Their sum, and the distance from one end to the other.
    EXPECT_FALSE(fits({2, 2}, {kMost, kMost}, JSNORM_HALF));
    EXPECT_FALSE(fits({2, 2}, {k62 / 2, -k62 / 2}, JSNORM_HALF));
    EXPECT_TRUE(fits({2, 2}, {k62 / 4, -k62 / 4}, JSNORM_HALF));
    // Of nothing only the strides' products are left.
    EXPECT_TRUE(fits({0, 5}, {5, 1}, JSNORM_DOUBLE));
}

TEST(DataTypes, HaveTheirSizesAndNames) {
    EXPECT_EQ(bytes_of(JSNORM_FLOAT), 4u);
    EXPECT_EQ(bytes_of(JSNORM_DOUBLE), 8u);
    EXPECT_EQ(bytes_of(JSNORM_HALF), 2u);
    EXPECT_EQ(bytes_of(JSNORM_BFLOAT16), 2u);
    EXPECT_EQ(compute_bytes(JSNORM_DOUBLE), 8u);
    EXPECT_EQ(compute_bytes(JSNORM_HALF), 4u);
    EXPECT_STREQ(name_of(JSNORM_BFLOAT16), "bfloat16");
    EXPECT_FALSE(is_data_type(static_cast<jsnormDataType_t>(4)));
    EXPECT_FALSE(is_data_type(static_cast<jsnormDataType_t>(-1)));
    EXPECT_STREQ(name_of(static_cast<jsnormDataType_t>(4)), "unknown");
}

}  // namespace
}  // namespace jsnorm::test
