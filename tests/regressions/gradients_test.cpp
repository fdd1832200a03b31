// SPDX-License-Identifier: Apache-2.0
//
// What went wrong with gradients of norm layers elsewhere, with the right values.

#include "tests/regressions/small_layer.hpp"

namespace jsnorm::test {
namespace {

constexpr double kFloat = 5e-7;

Case with_gradient(Case layer, Values dy) {
    layer.dy = std::move(dy);
    return layer;
}

// dx of rows of two elements x and dy = (1, 0): +-rstd/2 * epsilon/(v + epsilon).
TEST(GradientRegression, OfTwoElementsCancelsToTheSizeOfItsTerms) {
    for (const double deviation : {1.0, 100.0}) {
        Case layer =
            with_gradient(small_layer(JSNORM_BATCH_NORM, {2, 1}, {0, 2 * deviation}), {1, 0});
        layer.epsilon = 1e-5;
        const double sum = deviation * deviation + layer.epsilon;
        const double right = 0.5 / std::sqrt(sum) * (layer.epsilon / sum);
        const RunResult got = solve(layer);
        EXPECT_NEAR(got.dx[0], right, kFloat / std::sqrt(sum));
        EXPECT_NEAR(got.dx[1], -right, kFloat / std::sqrt(sum));
    }
}

TEST(GradientRegression, OfOneElementWasNotZero) {
    const Case layer = with_gradient(small_layer(JSNORM_BATCH_NORM, {1, 2}, {3, 4}), {1e3, -7});
    expect_values("dx", solve(layer).dx, {0, 0});
}

TEST(GradientRegression, OfConstantsWithEpsilonZeroWasNan) {
    const Case layer = with_gradient(small_layer(JSNORM_LAYER_NORM, {1, 3}, {2, 2, 2}), {1, 2, 3});
    const RunResult got = solve(layer);
    expect_values("dx", got.dx, Values(3));
    expect_values("dgamma", got.dgamma, Values(3));
    expect_values("dbeta", got.dbeta, {1, 2, 3});
}

// dy = (d, 0, 0, 0) and xhat = (1, -1, 1, -1): dx = d/deviation * (1 - 1/4 - 1/4, 0, -1/2, 0).
TEST(GradientRegression, WasNanWhereProductsOverflowedOnTheCpu) {
    for (const double deviation : {1e18, 1e34}) {
        const double dy = 1e38 / deviation * 10;
        const Case layer =
            with_gradient(rounded_to(small_layer(JSNORM_INSTANCE_NORM, {1, 1, 4},
                                                 {deviation, -deviation, deviation, -deviation}),
                                     JSNORM_FLOAT),
                          {dy, 0, 0, 0});
        const double unit = dy / deviation;
        expect_values("dx", solve(layer).dx, {unit / 2, 0, -unit / 2, 0}, 1e-6);
    }
}

// The gradient of the sum of y: long sums of equal terms all round to the same side.
TEST(GradientRegression, OfTheSumOfAllWasNotZero) {
    struct Shape {
        jsnormNormKind_t kind;
        std::vector<int64_t> dims;
    };
    for (const Shape &shape : {Shape{JSNORM_BATCH_NORM, {4096, 2}},
                               {JSNORM_BATCH_NORM, {2, 2, 4096}},
                               {JSNORM_BATCH_NORM, {64, 2, 49}},
                               {JSNORM_LAYER_NORM, {2, 8192}}}) {
        int64_t elements = 1;
        for (const int64_t size : shape.dims) elements *= size;
        Values x(static_cast<size_t>(elements));
        for (size_t i = 0; i < x.size(); ++i)
            x[i] = static_cast<double>(i * 2654435761u % 1009) / 291;
        const double dy = 1.1;
        const RunResult got =
            solve(with_gradient(small_layer(shape.kind, shape.dims, x), Values(x.size(), dy)),
                  JSNORM_FLOAT);
        double largest = 0;
        for (const double dx : got.dx) largest = std::max(largest, std::fabs(dx));
        EXPECT_LT(largest, 3e-7 * dy) << shape.dims[0] << " x " << shape.dims[1];
    }
}

TEST(GradientRegression, OfGammaAndBetaWereSummedInHalf) {
    const Case layer = with_gradient(
        small_layer(JSNORM_BATCH_NORM, {4096, 1}, repeated(2048, {-1, 1})), Values(4096, 1));
    const RunResult got = solve(layer, JSNORM_HALF);
    expect_values("dbeta", got.dbeta, {4096});
    EXPECT_NEAR(got.dgamma[0], 0, 1e-3);
}

TEST(GradientRegression, OfReluAtZeroWasOne) {
    Case layer = with_gradient(small_layer(JSNORM_LAYER_NORM, {1, 3}, {-1, 0, 1}), {1, 1, 1});
    layer.activation = JSNORM_ACTIVATION_RELU;
    const RunResult got = solve(layer);
    expect_values("dbeta", got.dbeta, {0, 0, 1});
}

TEST(GradientRegression, ThroughReluCountedWhatItHadClipped) {
    Case layer =
        with_gradient(small_layer(JSNORM_BATCH_NORM, {4, 1}, {-1, 1, -1, 1}), {100, 1, 100, 2});
    layer.activation = JSNORM_ACTIVATION_RELU;
    layer.gamma = {1};
    layer.beta = {0};
    const RunResult got = solve(layer);
    expect_values("dbeta", got.dbeta, {3}, kFloat);
    expect_values("dgamma", got.dgamma, {3}, kFloat);
}

TEST(GradientRegression, OfTheResidualWasLeftWithoutRelu) {
    Case layer = with_gradient(small_layer(JSNORM_LAYER_NORM, {1, 2}, {-1, 1}), {5, 7});
    layer.z = {0.5, -2};
    layer.activation = JSNORM_ACTIVATION_RELU;
    const RunResult got = solve(layer);
    expect_values("y", got.y, {0, 0});
    expect_values("dz", got.dz, {0, 0});
    layer.z = {2, 2};
    expect_values("dz", solve(layer).dz, {5, 7});
}

TEST(GradientRegression, InEvaluationWentThroughTheStatistics) {
    Case layer = with_gradient(small_layer(JSNORM_BATCH_NORM, {2, 1}, {0, 2}), {1, 3});
    layer.gamma = {2};
    layer.beta = {0};
    layer.running_mean = {1};
    layer.running_variance = {4};
    const RunResult got = solve(layer);
    expect_values("dx", got.dx_fixed, {1, 3}, kFloat);
    expect_values("dgamma", got.dgamma_fixed, {1}, kFloat);
    expect_values("dbeta", got.dbeta_fixed, {4}, kFloat);
}

TEST(GradientRegression, OfLayerNormParametersLeftOutTheLastRows) {
    constexpr int64_t kRows = 129;
    const Case layer =
        with_gradient(small_layer(JSNORM_LAYER_NORM, {kRows, 2}, repeated(kRows, {-1, 1})),
                      repeated(kRows, {1, 2}));
    const RunResult got = solve(layer);
    expect_values("dbeta", got.dbeta, {kRows, 2 * kRows}, kFloat);
    expect_values("dgamma", got.dgamma, {-kRows, 2 * kRows}, 10 * kFloat);
}

}  // namespace
}  // namespace jsnorm::test
