// SPDX-License-Identifier: Apache-2.0
//
// A plan is a value: what it says of an operation is what its launches and its queries then do.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "src/cuda/plan/geometry.hpp"
#include "src/cuda/plan/traffic.hpp"
#include "src/simt/device.hpp"
#include "tests/simt_device/planned.hpp"

namespace jsnorm::cuda {
namespace {

constexpr int kA100 = 0;  // of the executor's table of devices
constexpr int kH100 = 1;

constexpr jsnormOperation_t kOperations[] = {JSNORM_FORWARD_TRAINING, JSNORM_FORWARD_APPLY,
                                             JSNORM_BACKWARD, JSNORM_FORWARD_STATISTICS,
                                             JSNORM_BACKWARD_REDUCE};

Plan plan_of(const Shape &shape, jsnormOperation_t operation, uint32_t tensors = 0) {
    const Planned planned = plan(shape);
    const Layout x = layout_of(shape);
    return make_plan(request_of(TrafficQuery{planned.problem, x, operation, tensors}),
                     simt_device::device_spec(kA100));
}

std::string text_of(const Plan &plan) {
    char buffer[2048];
    Text text(buffer, sizeof buffer);
    describe(plan, simt_device::device_spec(kA100), text);
    EXPECT_LT(text.length(), sizeof buffer);
    return buffer;
}

TEST(Plan, WorkspaceHoldsThePartialsOfEveryPlan) {
    for (const Shape &shape : shapes()) {
        for (const jsnormOperation_t operation : kOperations) {
            const Plan plan = plan_of(shape, operation);
            if (!plan.sums) continue;
            ASSERT_LE(plan.sums->tree.partials(plan.problem), max_partials(plan.problem));
            ASSERT_GT(plan.sums->blocks, 0);
        }
    }
}

TEST(Plan, IsFusedOrStreamsAndSaysSo) {
    int fused = 0;
    int streaming = 0;
    for (const Shape &shape : shapes()) {
        const Plan plan = plan_of(shape, JSNORM_FORWARD_TRAINING);
        const std::string text = text_of(plan);
        ASSERT_EQ(plan.scheme == Scheme::kFused, plan.fused.has_value());
        ASSERT_EQ(plan.scheme == Scheme::kStreaming, plan.sums && plan.apply);
        ASSERT_NE(text.find(plan.fused ? ": fused" : ": streaming"), std::string::npos) << text;
        ++(plan.fused ? fused : streaming);
    }
    EXPECT_GT(fused, 100);
    EXPECT_GT(streaming, 100);
}

TEST(Plan, SaysWhatIsBetweenThePasses) {
    const Shape shape = {JSNORM_BATCH_NORM, JSNORM_HALF, {32, 64, 56, 56}, true};
    const auto text_on = [&](int device) {
        const DeviceSpec spec = simt_device::device_spec(device);
        const Planned planned = plan(shape);
        const TrafficQuery query = {planned.problem, layout_of(shape), JSNORM_FORWARD_TRAINING, 0};
        char buffer[2048];
        Text text(buffer, sizeof buffer);
        describe(make_plan(request_of(query), spec), spec, text);
        return std::string(buffer);
    };
    EXPECT_NE(text_on(kH100).find("between the passes: one launch of a cluster of 8 blocks\n"),
              std::string::npos);
    EXPECT_NE(text_on(kA100).find("between the passes: a launch for each step\n"),
              std::string::npos);
}

TEST(Plan, CountsThePassesThatItHas) {
    const Shape streamed = {JSNORM_BATCH_NORM, JSNORM_HALF, {32, 64, 28, 28}, true};
    const auto passes = [](const Plan &plan, uint64_t residual) {
        const Passes counted = planned_passes(plan, residual);
        return std::pair{counted.tensors, counted.masks};
    };
    const uint32_t both = JSNORM_TRAFFIC_RESIDUAL | JSNORM_TRAFFIC_MASK;
    EXPECT_EQ(passes(plan_of(streamed, JSNORM_FORWARD_TRAINING), 0).first, 3u);
    EXPECT_EQ(passes(plan_of(streamed, JSNORM_FORWARD_TRAINING, both), 1), (std::pair{4ul, 1ul}));
    EXPECT_EQ(passes(plan_of(streamed, JSNORM_BACKWARD), 0).first, 5u);
    // dz is written with the sums and read in place of dy: the mask is read once.
    EXPECT_EQ(passes(plan_of(streamed, JSNORM_BACKWARD, both), 1), (std::pair{6ul, 1ul}));
    const Shape fused = {JSNORM_LAYER_NORM, JSNORM_HALF, {8, 16, 768}, false};
    EXPECT_EQ(passes(plan_of(fused, JSNORM_FORWARD_TRAINING), 0).first, 2u);
    EXPECT_EQ(passes(plan_of(fused, JSNORM_BACKWARD), 0).first, 3u);
}

TEST(Plan, PiecesCoverEveryPlaneAndChunksEveryCell) {
    int pieces = 0;
    int chunks = 0;
    for (const Shape &shape : shapes()) {
        const Plan plan = plan_of(shape, JSNORM_FORWARD_TRAINING);
        for (const bool is_sum : {true, false}) {
            const std::optional<Pass> &pass = is_sum ? plan.sums : plan.apply;
            if (!pass || !pass->planes) continue;
            ASSERT_FALSE(pass->tree.columns || plan.problem.parameter_per_element);
            ASSERT_EQ(pass->rows.access, gpu::RowAccess::kVectors);
            const gpu::Planes planes = planes_of(plan.problem, *pass);
            const int64_t width = vector_width(shape.type);
            ASSERT_EQ(planes.samples.value * planes.vectors * width, plan.problem.cell_elements);
            ASSERT_EQ(planes.cell_vectors, planes.samples.value * planes.vectors);
            ASSERT_EQ(planes.piece_vectors % 32, 0);
            ASSERT_GE(planes.pieces.value * planes.piece_vectors, planes.vectors);
            ASSERT_LT((planes.pieces.value - 1) * planes.piece_vectors, planes.vectors);
            ++pieces;
            if (!is_sum) continue;
            ASSERT_GE(planes.vectors, 32);
            ASSERT_GE(planes.chunks * planes.chunk_vectors, planes.cell_vectors);
            ASSERT_LT((planes.chunks - 1) * planes.chunk_vectors, planes.cell_vectors);
            ++chunks;
        }
    }
    EXPECT_GT(pieces, 100);
    EXPECT_GT(chunks, 100);
}

TEST(Plan, OfAnEmptyTensorReadsNothing) {
    const Plan plan =
        plan_of({JSNORM_BATCH_NORM, JSNORM_FLOAT, {0, 3, 4, 4}, false}, JSNORM_FORWARD_TRAINING);
    EXPECT_EQ(plan.scheme, Scheme::kNothing);
    EXPECT_FALSE(plan.sums || plan.apply || plan.fused);
    EXPECT_NE(text_of(plan).find("no tensor is read"), std::string::npos);
}

}  // namespace
}  // namespace jsnorm::cuda
