// SPDX-License-Identifier: Apache-2.0
//
// How lanes come to the elements of their rows makes no difference (kernels/rows/tiles.cuh): rows
// and planes that are no multiple of 16 bytes, once without gaps, once with short gaps between
// them, and once with every second element, which are the three ways through shared memory.

#include <gtest/gtest.h>

#include "tests/ops/placed_run.hpp"
#include "tests/support/layout.hpp"
#include "tests/support/oracle.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;

// The innermost `inner` axes without gaps, `gap` elements behind them, all times `step`.
Dims strides(const Dims &dims, size_t inner, int64_t gap, int64_t step) {
    Dims result(dims.size());
    int64_t next = step;
    for (size_t axis = dims.size(); axis-- > 0;) {
        if (dims.size() - 1 - axis == inner) next += gap * step;
        result[axis] = next;
        next *= dims[axis];
    }
    return result;
}

class RowAccess : public testing::TestWithParam<jsnormDataType_t> {
  protected:
    // inner: axes of a run.
    void expect_same_bits(jsnormNormKind_t kind, const Dims &dims, size_t inner, bool residual) {
        CaseOptions data;
        data.activation = JSNORM_ACTIVATION_RELU;
        data.residual = residual;
        data.seed = 17;
        const PlacedCase placed(make_case(kind, dims, data), GetParam());
        PlacedOptions packed = all_in(strides(dims, inner, 0, 1));
        packed.mask = residual;
        const Outputs expected = placed.run(packed);
        PlacedOptions shifted = packed;
        for (auto &[name, placement] : shifted.placements) placement.shift = 1;
        EXPECT_EQ(differences(placed.run(shifted), expected), "");
        if (residual) return;  // the mask needs a dense x
        for (const auto &[gap, step] : {std::pair<int64_t, int64_t>{3, 1}, {0, 2}}) {
            const PlacedOptions other = all_in(strides(dims, inner, gap, step));
            EXPECT_EQ(differences(placed.run(other), expected), "") << gap << " " << step;
        }
    }
};

TEST_P(RowAccess, OfRowsChangesNoBit) {
    for (const bool residual : {false, true}) {
        expect_same_bits(JSNORM_LAYER_NORM, {37, 35}, 1, residual);
        expect_same_bits(JSNORM_LAYER_NORM, {3, 769}, 1, residual);
        expect_same_bits(JSNORM_LAYER_NORM, {3, 4, 131}, 1, residual);
        expect_same_bits(JSNORM_LAYER_NORM, {2, 17001}, 1, residual);
    }
}

TEST_P(RowAccess, OfPlanesChangesNoBit) {
    for (const bool residual : {false, true}) {
        for (const int64_t size : {3, 7, 14, 15}) {
            expect_same_bits(JSNORM_BATCH_NORM, {6, 18, size, size}, 2, residual);
            expect_same_bits(JSNORM_INSTANCE_NORM, {5, 3, size, size}, 2, residual);
        }
        expect_same_bits(JSNORM_BATCH_NORM, {150, 5, 3, 7}, 2, residual);
    }
}

INSTANTIATE_TEST_SUITE_P(Types, RowAccess, testing::ValuesIn(every_data_type()),
                         [](const auto &type) { return name_of(type.param); });

}  // namespace
}  // namespace jsnorm::test
