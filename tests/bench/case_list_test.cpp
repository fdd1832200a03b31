// SPDX-License-Identifier: Apache-2.0
#include "bench/case_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/accounting.hpp"

namespace jsnorm::bench {
namespace {

constexpr int64_t kLimit = 48 << 20;

Case case_named(const std::string &name, bool full = false) {
    for (const Case &which : all_cases({kLimit, 2, full}))
        if (which.name() == name) return which;
    ADD_FAILURE() << "no case is called " << name;
    return {};
}

TEST(CaseList, NamesAreUnique) {
    for (const bool full : {false, true}) {
        std::set<std::string> names;
        for (const Case &which : all_cases({kLimit, 2, full}))
            EXPECT_TRUE(names.insert(which.name()).second) << which.name();
    }
}

TEST(CaseList, TheSelectionIsAPartOfEverything) {
    std::set<std::string> full;
    for (const Case &which : shape_cases({kLimit, 2, true})) full.insert(which.name());
    for (const Case &which : shape_cases({kLimit, 2, false}))
        EXPECT_EQ(full.count(which.name()), 1u) << which.name();
}

TEST(CaseList, HasEveryShapeInFloatForwardAndBackward) {
    std::set<std::string> seen;
    for (const Case &which : shape_cases({kLimit, 2, false}))
        if (which.type == JSNORM_FLOAT && which.fusion == Fusion::kNone)
            seen.insert(which.shape.name + direction_name(which.direction));
    for (int i = 1; i <= 20; ++i) {
        const std::string shape = i <= 13 ? "B" + std::to_string(i) : "L" + std::to_string(i - 13);
        for (const char *direction : {"forward", "backward"})
            EXPECT_EQ(seen.count(shape + direction), 1u) << shape << ' ' << direction;
    }
}

TEST(CaseList, ScalingCutsTheBatchOnlyAndSaysSo) {
    const Shape whole{"x", Layer::kBatch, {256, 64, 112, 112}};
    const Shape scaled = scaled_to(whole, 48 << 20);
    EXPECT_EQ(scaled.dims, (std::vector<int64_t>{15, 64, 112, 112}));
    EXPECT_EQ(scaled.whole_batch, 256);
    EXPECT_EQ(scaled_to(whole, int64_t{1} << 40).whole_batch, 0);
    EXPECT_EQ(scaled_to(whole, 1).dims[0], 1);
}

TEST(CaseList, ViewsHaveAsManyElementsAsTheTensor) {
    for (const Case &which : all_cases({kLimit, 2, true}))
        EXPECT_EQ(which.view().elements(), which.elements()) << which.name();
    for (const Case &which : tiny_cases())
        EXPECT_EQ(which.view().elements(), which.elements()) << which.name();
}

TEST(CaseList, CoupledLayerNormsShrinkOverASample) {
    const View coupled = case_named("shapes/L2c/coupled/float/forward").view();
    EXPECT_EQ(coupled.statistics / coupled.groups, 2048);
    const View rows = case_named("shapes/L2/rows/float/forward").view();
    EXPECT_EQ(rows.statistics, rows.groups);
}

TEST(Accounting, AForwardPassIsTwoTensorsAndABackwardPassThree) {
    for (const auto &[name, tensors] : {std::pair{"shapes/B7/nhwc/float/forward", 2.0},
                                        {"shapes/B7/nchw/float/backward", 3.0},
                                        {"shapes/L2/rows/half/backward", 3.0},
                                        {"shapes/B3/nhwc/float/inference", 2.0}}) {
        const Case which = case_named(name);
        const auto size = static_cast<double>(which.tensor_bytes());
        const Bytes bytes = bytes_of(which, 2);
        EXPECT_EQ(bytes.useful, tensors * size) << name;
        EXPECT_EQ(bytes.copy, 2 * size) << name;
        EXPECT_GE(bytes.scheme, bytes.useful) << name;
    }
}

TEST(Accounting, TheResidualAndTheMaskAreTensorsToo) {
    const Case which = case_named("shapes/B2/nhwc/float/forward/add_relu");
    const auto elements = static_cast<double>(which.elements());
    EXPECT_EQ(bytes_of(which, 2).useful, 3 * 4 * elements + elements / 8);
}

TEST(Accounting, NoneHasThePlanOfJamesSteinUnlessRowsAreCoupled) {
    EXPECT_TRUE(bytes_of(case_named("shapes/B7/nhwc/float/forward"), 2).none_has_same_scheme);
    EXPECT_TRUE(bytes_of(case_named("shapes/L2/rows/float/forward"), 2).none_has_same_scheme);
    EXPECT_FALSE(bytes_of(case_named("shapes/L2c/coupled/float/forward"), 2).none_has_same_scheme);
}

}  // namespace
}  // namespace jsnorm::bench
