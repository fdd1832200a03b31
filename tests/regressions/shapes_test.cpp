// SPDX-License-Identifier: Apache-2.0
//
// What went wrong with shapes and strides in norm layers elsewhere, with the right values.

#include "tests/regressions/small_layer.hpp"

namespace jsnorm::test {
namespace {

constexpr double kFloat = 5e-7;

// 0, 1, ..., n - 1 in each row: mean (n - 1)/2, variance (n^2 - 1)/12.
Values ramps(int64_t rows, int64_t n) {
    Values x;
    for (int64_t i = 0; i < rows * n; ++i) x.push_back(static_cast<double>(i % n));
    return x;
}

TEST(ShapeRegression, HiddenSizesThatAreNoMultipleOfAVectorReadNeighbours) {
    for (const int64_t n : {3, 7, 33, 129, 769, 1025, 4097}) {
        const RunResult got = solve(small_layer(JSNORM_LAYER_NORM, {3, n}, ramps(3, n)));
        const auto size = static_cast<double>(n);
        expect_values("mean", got.saved_mean, Values(3, (size - 1) / 2), 1e-7);
        expect_values("variance", got.saved_variance, Values(3, (size * size - 1) / 12), 1e-6);
        const double last = (size - 1) / 2 / std::sqrt((size * size - 1) / 12);
        EXPECT_NEAR(got.y.back(), last, 2 * kFloat) << n;
    }
}

TEST(ShapeRegression, PointersThatAreNotAlignedToAVectorCrashed) {
    for (const int shift : {1, 2, 3}) {
        RunOptions options;
        options.type = JSNORM_HALF;
        options.misalign_elements = shift;
        const Case layer = small_layer(JSNORM_LAYER_NORM, {2, 64}, repeated(64, {-1, 1}));
        expect_values("y", run(layer, options).y, repeated(64, {-1, 1}), 1e-3);
    }
}

TEST(ShapeRegression, OneByOneImagesAreAmbiguouslyChannelsLast) {
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
        const Case layer = small_layer(JSNORM_BATCH_NORM, {2, 3, 1, 1}, {-1, 9, 0, 1, 11, 4});
        const RunResult got = solve(layer, JSNORM_FLOAT, layout);
        expect_values("mean", got.saved_mean, {0, 10, 2});
        expect_values("y", got.y, {-1, -1, -1, 1, 1, 1}, kFloat);
    }
}

TEST(ShapeRegression, OneChannelIsAmbiguouslyChannelsLast) {
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
        const RunResult got = solve(small_layer(JSNORM_INSTANCE_NORM, {2, 1, 1, 2}, {-1, 1, 5, 7}),
                                    JSNORM_FLOAT, layout);
        expect_values("mean", got.saved_mean, {0, 6});
        expect_values("y", got.y, {-1, 1, -1, 1}, kFloat);
    }
}

TEST(ShapeRegression, ReversedAndStridedViewsWereReadAsPacked) {
    for (const Layout layout : every_layout()) {
        const RunResult got =
            solve(small_layer(JSNORM_LAYER_NORM, {2, 2}, {1, 3, 10, 30}), JSNORM_FLOAT, layout);
        expect_values("mean", got.saved_mean, {2, 20});
        expect_values("y", got.y, {-1, 1, -1, 1}, kFloat);
    }
}

TEST(ShapeRegression, BatchOfOneElementWasRefused) {
    Case layer = small_layer(JSNORM_BATCH_NORM, {1, 3}, {4, 5, 6});
    layer.beta = {1, 2, 3};
    const RunResult got = solve(layer);
    expect_values("mean", got.saved_mean, {4, 5, 6});
    expect_values("y", got.y, {1, 2, 3});
}

TEST(ShapeRegression, EmptyBatchWasRefusedOrMadeStatisticsNan) {
    Case layer = small_layer(JSNORM_BATCH_NORM, {0, 2, 3}, {});
    layer.running_mean = {5, 6};
    layer.running_variance = {7, 8};
    const RunResult got = solve(layer);
    expect_values("running mean", got.next_running_mean, {5, 6});
    expect_values("running variance", got.next_running_variance, {7, 8});
    expect_values("mean", got.saved_mean, {0, 0});
}

TEST(ShapeRegression, RowsOfNoElementsDividedByZero) {
    const RunResult got = solve(small_layer(JSNORM_LAYER_NORM, {2, 0}, {}));
    expect_values("mean", got.saved_mean, {0, 0});
    expect_values("variance", got.saved_variance, {0, 0});
}

TEST(ShapeRegression, InstanceNormOfOnePixelWasNan) {
    Case layer = small_layer(JSNORM_INSTANCE_NORM, {2, 2, 1}, {4, 5, 6, 7});
    layer.epsilon = 1e-5;
    expect_values("y", solve(layer).y, Values(4));
}

TEST(ShapeRegression, GroupsOfChannelsLastWereMixed) {
    // Channels 0 and 1 are one group, 2 and 3 another; two pixels.
    for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
        Case layer = small_layer(JSNORM_GROUP_NORM, {1, 4, 2}, {1, 3, 1, 3, 10, 30, 10, 30});
        layer.group_count = 2;
        const RunResult got = solve(layer, JSNORM_FLOAT, layout);
        expect_values("mean", got.saved_mean, {2, 20});
        expect_values("y", got.y, repeated(4, {-1, 1}), kFloat);
    }
}

TEST(ShapeRegression, GroupNormTookGammaByGroup) {
    Case layer = small_layer(JSNORM_GROUP_NORM, {1, 4, 2}, repeated(4, {-1, 1}));
    layer.group_count = 2;
    layer.gamma = {1, 2, 3, 4};
    layer.beta = {0, 0, 0, 0};
    expect_values("y", solve(layer).y, {-1, 1, -2, 2, -3, 3, -4, 4}, kFloat);
}

TEST(ShapeRegression, LayerNormOfTwoAxesNormalizedTheLastAlone) {
    Case layer = small_layer(JSNORM_LAYER_NORM, {1, 2, 2}, {0, 0, 2, 2});
    layer.first_normalized_axis = 1;
    const RunResult got = solve(layer);
    expect_values("mean", got.saved_mean, {1});
    expect_values("y", got.y, {-1, -1, 1, 1}, kFloat);
}

TEST(ShapeRegression, MoreRowsThanAGridHasBlocksWereLeftOut) {
    constexpr int64_t kRows = 65537;
    const RunResult got =
        solve(small_layer(JSNORM_LAYER_NORM, {kRows, 2}, repeated(kRows, {-1, 1})));
    expect_values("y", got.y, repeated(kRows, {-1, 1}), kFloat);
}

}  // namespace
}  // namespace jsnorm::test
