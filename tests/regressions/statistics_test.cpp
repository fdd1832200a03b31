// SPDX-License-Identifier: Apache-2.0
//
// What went wrong with statistics in norm layers elsewhere, with the right values.

#include "tests/regressions/small_layer.hpp"

namespace jsnorm::test {
namespace {

constexpr double kFloat = 5e-7;
constexpr double kHalf = 1e-3;

// Training of one channel alone, previous running statistics 5 and 7.
Case one_channel(Values x) {
    const auto count = static_cast<int64_t>(x.size());
    Case layer = small_layer(JSNORM_BATCH_NORM, {count, 1}, std::move(x));
    layer.running_mean = {5};
    layer.running_variance = {7};
    return layer;
}

TEST(VarianceRegression, OfAConstantWasNotZero) {
    for (const double constant : {0.1, 1e-30, 1e4 / 3, 3e38}) {
        Case layer = small_layer(JSNORM_LAYER_NORM, {2, 77}, Values(154, constant));
        layer.epsilon = 1e-5;
        const RunResult got = solve(rounded_to(layer, JSNORM_FLOAT));
        expect_values("variance", got.saved_variance, {0, 0});
        expect_values("y", got.y, Values(154));
    }
}

TEST(VarianceRegression, OfALargeMeanWasNegative) {
    const Case layer =
        small_layer(JSNORM_LAYER_NORM, {1, 128}, repeated(64, {10000 - 0x1p-7, 10000 + 0x1p-7}));
    const RunResult got = solve(layer);
    expect_values("mean", got.saved_mean, {10000});
    expect_values("variance", got.saved_variance, {0x1p-14}, kFloat);
    expect_values("y", got.y, repeated(64, {-1, 1}), kFloat);
}

TEST(VarianceRegression, OfOneLargeElementAmongZerosLostDigits) {
    Values x(4096);
    x[0] = 2109087;
    const double mean = x[0] / 4096;
    const RunResult got = solve(small_layer(JSNORM_LAYER_NORM, {1, 4096}, x));
    expect_values("variance", got.saved_variance, {4095 * mean * mean}, 1e-6);
    EXPECT_NEAR(got.y[0], std::sqrt(4095.0), 64 * kFloat);
}

TEST(VarianceRegression, OfTheLargestDoublesWasNan) {
    struct Shape {
        jsnormNormKind_t kind;
        std::vector<int64_t> dims;
    };
    for (const Shape &shape :
         {Shape{JSNORM_LAYER_NORM, {1, 4}}, Shape{JSNORM_LAYER_NORM, {3, 4}},
          Shape{JSNORM_BATCH_NORM, {4, 1}}, Shape{JSNORM_BATCH_NORM, {2, 3, 4}},
          Shape{JSNORM_INSTANCE_NORM, {2, 3, 4}}}) {
        Case layer = small_layer(shape.kind, shape.dims, {});
        layer.x.assign(static_cast<size_t>(element_count(layer)), 1.7e308);
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
            const RunResult got = solve(layer, JSNORM_DOUBLE, layout);
            expect_values("mean", got.saved_mean, Values(got.saved_mean.size(), 1.7e308));
            expect_values("variance", got.saved_variance, Values(got.saved_mean.size()));
            expect_values("y", got.y, Values(layer.x.size()));
        }
    }
}

TEST(VarianceRegression, UnderflowedForSmallFloats) {
    const double unit = std::ldexp(1.0, -100);
    const RunResult got = solve(small_layer(JSNORM_LAYER_NORM, {1, 4}, {-unit, unit, -unit, unit}));
    expect_values("variance", got.saved_variance, {unit * unit});
    expect_values("y", got.y, {-1, 1, -1, 1}, kFloat);
}

TEST(HalfRegression, SumOfElementsOverflowed) {
    Case layer = small_layer(JSNORM_LAYER_NORM, {1, 64}, Values(64, 60000));
    layer.epsilon = 1e-5;
    const RunResult got = solve(layer, JSNORM_HALF);
    expect_values("mean", got.saved_mean, {60000});
    expect_values("y", got.y, Values(64));
}

TEST(HalfRegression, SquaresOverflowed) {
    const RunResult got =
        solve(small_layer(JSNORM_LAYER_NORM, {1, 8}, repeated(4, {-60000, 60000})), JSNORM_HALF);
    expect_values("variance", got.saved_variance, {3.6e9});
    expect_values("y", got.y, repeated(4, {-1, 1}), kHalf);
}

TEST(HalfRegression, SumStoppedGrowingAt2048) {
    const RunResult got =
        solve(small_layer(JSNORM_LAYER_NORM, {1, 8192}, repeated(4096, {1, 3})), JSNORM_HALF);
    expect_values("mean", got.saved_mean, {2});
    expect_values("variance", got.saved_variance, {1});
}

TEST(HalfRegression, SumOfBfloat16StoppedGrowingAt256) {
    const RunResult got =
        solve(small_layer(JSNORM_BATCH_NORM, {2048, 1}, repeated(1024, {1, 2})), JSNORM_BFLOAT16);
    expect_values("mean", got.saved_mean, {1.5});
    expect_values("variance", got.saved_variance, {0.25});
}

TEST(HalfRegression, SubnormalElementsWereFlushed) {
    const RunResult got =
        solve(small_layer(JSNORM_LAYER_NORM, {1, 4}, {-0x1p-24, 0x1p-24, -0x1p-24, 0x1p-24}),
              JSNORM_HALF);
    expect_values("variance", got.saved_variance, {0x1p-48});
    expect_values("y", got.y, {-1, 1, -1, 1}, kHalf);
}

TEST(HalfRegression, EpsilonWasRoundedToZero) {
    Case layer = small_layer(JSNORM_LAYER_NORM, {1, 4}, {0, 0, 0, 0});
    layer.epsilon = 1e-12;
    expect_values("y", solve(layer, JSNORM_HALF).y, Values(4));
}

TEST(EpsilonRegression, WasAddedToTheDeviation) {
    Case layer = small_layer(JSNORM_LAYER_NORM, {1, 2}, {-1, 1});
    layer.epsilon = 3;
    expect_values("y", solve(layer).y, {-0.5, 0.5}, kFloat);
}

TEST(EpsilonRegression, ZeroMadeAConstantNan) {
    const RunResult got = solve(small_layer(JSNORM_LAYER_NORM, {1, 4}, {2, 2, 2, 2}));
    expect_values("y", got.y, Values(4));
}

TEST(NanRegression, InOneSampleReachedOthers) {
    const RunResult got = solve(small_layer(JSNORM_LAYER_NORM, {2, 2}, {kNan, 1, -1, 1}));
    expect_values("y", got.y, {kNan, kNan, -1, 1}, kFloat);
}

TEST(NanRegression, InOneChannelReachedOthers) {
    const RunResult got = solve(small_layer(JSNORM_BATCH_NORM, {2, 2}, {kNan, -1, 1, 1}));
    expect_values("y", got.y, {kNan, -1, kNan, 1}, kFloat);
}

TEST(NanRegression, BecameZeroInRelu) {
    Case layer = small_layer(JSNORM_LAYER_NORM, {2, 2}, {kNan, 1, -1, 1});
    layer.activation = JSNORM_ACTIVATION_RELU;
    expect_values("y", solve(layer).y, {kNan, kNan, 0, 1}, kFloat);
}

TEST(NanRegression, InfinityInARowReachedTheNext) {
    const RunResult got = solve(small_layer(JSNORM_LAYER_NORM, {2, 2}, {kInfinity, 1, -1, 1}));
    expect_values("y of the second row", {got.y[2], got.y[3]}, {-1, 1}, kFloat);
    EXPECT_FALSE(std::isfinite(got.y[0]));
}

TEST(RunningRegression, VarianceOfOneElementWasDividedByZero) {
    Case layer = one_channel({3});
    layer.factor = 0.5;
    const RunResult got = solve(layer);
    expect_values("running mean", got.next_running_mean, {4});
    expect_values("running variance", got.next_running_variance, {3.5});
}

TEST(RunningRegression, VarianceWasBiased) {
    Case layer = one_channel({1, 3});
    layer.factor = 1;
    const RunResult got = solve(layer);
    expect_values("variance", got.saved_variance, {1});
    expect_values("running variance", got.next_running_variance, {2});
}

TEST(RunningRegression, FactorWeighedThePreviousValue) {
    Case layer = one_channel({1, 1});
    layer.factor = 0.25;
    expect_values("running mean", solve(layer).next_running_mean, {4});
}

TEST(RunningRegression, FactorZeroTookUpANan) {
    Case layer = one_channel({kNan, 1});
    layer.factor = 0;
    const RunResult got = solve(layer);
    expect_values("running mean", got.next_running_mean, {5});
    expect_values("running variance", got.next_running_variance, {7});
}

TEST(RunningRegression, FirstCumulativeAverageWeighedTheInitialValue) {
    Case layer = one_channel({1, 3});
    RunOptions options;
    options.step = 0;
    expect_values("after the first", run(layer, options).next_running_mean, {2});
    options.step = 1;
    expect_values("after the second", run(layer, options).next_running_mean, {3.5});
}

TEST(RunningRegression, InferenceUsedTheStatisticsOfItsBatch) {
    Case layer = one_channel({5, 12});
    layer.running_variance = {49};
    expect_values("y", solve(layer).y_inference, {0, 1}, kFloat);
}

}  // namespace
}  // namespace jsnorm::test
