// SPDX-License-Identifier: Apache-2.0
//
// The plans of the CUDA backend, over thousands of shapes: what they may depend on, and what
// kernels and devices can take.

#include "src/cuda/plan/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "src/cuda/plan/access.hpp"
#include "src/cuda/plan/scheme.hpp"
#include "src/cuda/plan/tuning.hpp"
#include "src/cuda/plan/workspace.hpp"
#include "src/simt/device.hpp"
#include "tests/simt_device/planned.hpp"

namespace jsnorm::cuda {
namespace {

TEST(Tree, CoversEveryElementWithCompiledLanesWholeTilesAndNoEmptyChunk) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, tree] = plan(shape);
        const int64_t rows = (problem.cell_elements + tree.fold - 1) / tree.fold;
        if (tree.columns) {  // tiles are dealt out in turn
            ASSERT_LT((tree.chunks - 1) * tree.tile, std::max<int64_t>(rows, 1));
            ASSERT_LE(tree.lanes, 32);
            ASSERT_LE(tree.lanes * tree.height, 256);
            ASSERT_GT(tree.lanes * (tree.height + 1), 256);
            ASSERT_EQ(tree.tile, 4 * tree.height);
        } else {
            const int64_t chunk = tree.tile * tree.chunk_tiles;
            ASSERT_GE(tree.chunks * chunk, rows);
            ASSERT_LT((tree.chunks - 1) * chunk, rows);
            ASSERT_NE(std::find(std::begin(kRowLanes), std::end(kRowLanes), tree.lanes),
                      std::end(kRowLanes));
            ASSERT_EQ(tree.fold, 1);
            ASSERT_EQ(tree.single_tile, problem.cell_elements <= tree.tile);
        }
    }
}

TEST(Tree, DoesNotDependOnTheNumberOfGroups) {
    for (const Shape &shape : shapes()) {
        if (shape.kind == JSNORM_BATCH_NORM || shape.dims[0] == 1) continue;
        Shape one = shape;
        one.dims[0] = 1;
        const Tree many = plan(shape).tree;
        const Tree alone = plan(one).tree;
        if (many.columns != alone.columns) continue;  // a single sample may be dense in another way
        EXPECT_EQ(many.lanes, alone.lanes);
        EXPECT_EQ(many.fold, alone.fold);
        EXPECT_EQ(many.height, alone.height);
        EXPECT_EQ(many.chunk_tiles, alone.chunk_tiles);
        EXPECT_EQ(many.chunks, alone.chunks);
    }
}

TEST(Tree, FoldsRowsOfColumnsToWholeVectors) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, tree] = plan(shape);
        if (!tree.columns || problem.cell_elements == 1) continue;
        EXPECT_EQ(tree.line_cells * tree.fold % vector_width(shape.type), 0);
        EXPECT_TRUE(allows_vectors(problem, view, tree, true) || problem.groups > 1);
        EXPECT_FALSE(allows_vectors(problem, view, tree, false));
    }
}

TEST(Access, PackedRowsAndPlanesAreReadBy16BytesWhateverTheirLength) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, tree] = plan(shape);
        if (shape.channels_last || tree.columns || problem.empty()) continue;
        const gpu::RowAccess access = row_access(problem, view, tree, true);
        const int64_t width = vector_width(shape.type);
        const bool whole = view.elements.inner_size() % width == 0;
        EXPECT_EQ(access == gpu::RowAccess::kVectors, whole);
        EXPECT_NE(access, gpu::RowAccess::kElements);
        EXPECT_NE(row_access(problem, view, tree, false), gpu::RowAccess::kVectors);
        if (access != gpu::RowAccess::kBlockSpans) continue;
        // A tile has whole planes, and a block enough of them.
        const int64_t run = shared_run(problem, tree);
        EXPECT_TRUE(tree.single_tile || tree.tile % run == 0);
        EXPECT_LE(tree.tile, 8 * width * tree.lanes);
        if (tree.plane > 0 && tree.lanes > 8) {
            EXPECT_GE(rows_at_once(tree) * run * int64_t(bytes_of(shape.type)), kShortRunBytes);
        }
        // Lanes that go on from a run to the next keep to the order of banks.
        const int64_t banks = 128 / int64_t(bytes_of(shape.type));
        if (run > 1) {
            EXPECT_EQ((image_spacing(problem, tree) - run) % banks, 0);
        } else {
            EXPECT_EQ(image_spacing(problem, tree) % 2, 1);
        }
        EXPECT_GE(image_spacing(problem, tree), rows_at_once(tree) * run);
        for (int device = 0; device < simt_device::kDevices; ++device) {
            const RowsPlan rows = plan_rows(problem, tree, RowsKernel::kStatistics, access,
                                            simt_device::device_spec(device));
            EXPECT_EQ(rows.access, access);
            EXPECT_EQ(rows.memory.end - rows.memory.image, image_bytes(problem, tree));
        }
    }
}

TEST(Access, RowsWithGapsThatAreShortGoByElementsLongOnesBySpans) {
    const auto access_of = [](int64_t elements, int64_t stride) {
        NormConfig norm;
        norm.kind = JSNORM_LAYER_NORM;
        Layout layout = layout_of({JSNORM_LAYER_NORM, JSNORM_FLOAT, {64, elements}, false});
        layout.strides[0] = stride;
        Problem problem;
        EXPECT_EQ(make_problem(norm, layout, "x", problem), JSNORM_STATUS_SUCCESS);
        const View view = make_view(problem, {&layout});
        return row_access(problem, view, make_tree(problem, view), true);
    };
    EXPECT_EQ(access_of(7, 7), gpu::RowAccess::kBlockSpans);
    EXPECT_EQ(access_of(7, 9), gpu::RowAccess::kElements);
    EXPECT_EQ(access_of(35, 37), gpu::RowAccess::kRowSpans);
    EXPECT_EQ(access_of(769, 769), gpu::RowAccess::kRowSpans);
    EXPECT_EQ(access_of(768, 769), gpu::RowAccess::kRowSpans);
    EXPECT_EQ(access_of(768, 768), gpu::RowAccess::kVectors);
}

TEST(Workspace, HoldsThePartialsOfEveryLayout) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, tree] = plan(shape);
        ASSERT_GE(max_partials(problem), tree.partials(problem));
        const Tree backward = make_tree(problem, view, problem.parameter_per_element);
        ASSERT_GE(max_partials(problem), backward.partials(problem));
        if (!problem.parameter_per_element || problem.empty()) continue;
        ASSERT_GE(max_parts(problem), streaming_parts(problem, backward).count);
        if (tree.columns || plan_groups(problem, tree).rounds > kMaxRounds) continue;
        ASSERT_GE(max_parts(problem), fused_parts(problem, tree).count);
    }
}

TEST(Workspace, DoesNotShrinkAsTheBatchGrows) {
    for (Shape shape : shapes()) {
        if (shape.dims[0] != 1) continue;
        size_t before = 0;
        for (const int64_t n : {1, 2, 3, 5, 8, 16, 40, 100, 256, 1000}) {
            shape.dims[0] = n;
            const size_t bytes = plan_workspace(plan(shape).problem, JSNORM_BACKWARD).bytes();
            EXPECT_GE(bytes, before) << n;
            before = bytes;
        }
    }
}

bool is_streaming(RowsKernel kernel) {
    return kernel != RowsKernel::kForward && kernel != RowsKernel::kBackward;
}

TEST(Scheme, SharedMemoryFitsEveryDevice) {
    int in_shared = 0;
    int refused = 0;
    for (const jsnormDataType_t type : kTypes) {
        for (int64_t elements = 16; elements <= 70000; elements += elements / 3 + 1) {
            for (const int64_t tokens : {1, 2, 5, 16, 100}) {
                const auto [problem, view, tree] =
                    plan({JSNORM_LAYER_NORM, type, {8, tokens, elements}, false});
                const Tree sums = make_tree(problem, view, true);
                for (int device = 0; device < simt_device::kDevices; ++device) {
                    const DeviceSpec spec = simt_device::device_spec(device);
                    for (const RowsKernel kernel : kRowsKernels) {
                        const Tree &of = kernel == RowsKernel::kGradientSums ? sums : tree;
                        const RowsPlan gathered =
                            plan_rows(problem, of, kernel, gpu::RowAccess::kElements, spec);
                        const RowsPlan direct =
                            plan_rows(problem, of, kernel, gpu::RowAccess::kVectors, spec);
                        ASSERT_LE(gathered.shared_bytes() + 1024, spec.shared_bytes_per_block);
                        ASSERT_LE(direct.shared_bytes() + 1024, spec.shared_bytes_per_block);
                        ASSERT_TRUE(gathered.fits || !is_streaming(kernel));
                        ASSERT_TRUE(direct.fits || !gathered.fits);
                        ASSERT_EQ(direct.memory.parameters % 16, 0);
                        ASSERT_EQ(direct.memory.stash % 16, 0);
                        (direct.smem_entries > 0 ? in_shared : refused) += 1;
                    }
                }
            }
        }
    }
    EXPECT_GT(in_shared, 1000);
    EXPECT_GT(refused, 1000);
}

TEST(Scheme, BlocksCoverEveryRowOfEveryGroup) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, streaming] = plan(shape);
        if (problem.empty()) continue;
        const Tree tree = make_group_tree(problem, view);
        const GroupPlan groups = plan_groups(problem, tree);
        if (view.columns && groups.in_block > 1) {  // whose runs end with a row of cells
            EXPECT_EQ(view.cells.inner_size() % (groups.in_block * groups.cells), 0);
        }
        EXPECT_EQ(groups.rows & (groups.rows - 1), 0);
        EXPECT_EQ(groups.in_block * groups.rows * tree.lanes, row_threads(tree));
        EXPECT_GE(groups.steps * groups.in_block, problem.groups);
        EXPECT_GE(groups.rounds / groups.tiles * groups.rows, groups.cells);
        EXPECT_GE(groups.tiles * tree.tile, problem.cell_elements);
        EXPECT_LE(groups.vectors, 8);
    }
}

bool is_fused(const Planned &planned, RowsKernel kernel, int device) {
    return fused(planned.problem, planned.view, kernel, simt_device::device_spec(device))
        .has_value();
}

bool forward_fuses(const Planned &planned, int device) {
    return is_fused(planned, RowsKernel::kForward, device);
}

bool backward_fuses(const Planned &planned, int device) {
    return is_fused(planned, RowsKernel::kBackward, device);
}

TEST(Scheme, RowsThatNothingCouplesAreReadOnce) {
    const auto alone = plan({JSNORM_LAYER_NORM, JSNORM_HALF, {64, 768}, false});
    const auto none =
        plan({JSNORM_LAYER_NORM, JSNORM_HALF, {64, 8, 768}, false}, JSNORM_ESTIMATOR_NONE);
    const auto batch =
        plan({JSNORM_BATCH_NORM, JSNORM_HALF, {64, 8, 768}, false}, JSNORM_ESTIMATOR_NONE);
    for (int device = 0; device < simt_device::kDevices; ++device) {
        EXPECT_TRUE(forward_fuses(alone, device));
        EXPECT_TRUE(backward_fuses(alone, device));
        EXPECT_TRUE(forward_fuses(none, device));
        EXPECT_FALSE(forward_fuses(batch, device));
        for (const jsnormEstimator_t estimator :
             {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_JAMES_STEIN}) {
            const auto channels =
                plan({JSNORM_BATCH_NORM, JSNORM_FLOAT, {16, 128, 7, 7}, false}, estimator);
            EXPECT_EQ(forward_fuses(channels, device), estimator == JSNORM_ESTIMATOR_NONE);
            EXPECT_EQ(backward_fuses(channels, device), estimator == JSNORM_ESTIMATOR_NONE);
        }
        // 64 KB a row
        for (const auto &[type, elements] :
             {std::pair{JSNORM_HALF, 32768}, {JSNORM_FLOAT, 16384}, {JSNORM_DOUBLE, 8192}}) {
            EXPECT_TRUE(
                forward_fuses(plan({JSNORM_LAYER_NORM, type, {64, elements}, false}), device));
        }
    }
}

// Backward keeps x and dy, and sums of dgamma and dbeta, 8 bytes an element or 16 of double.
TEST(Scheme, RowsUpTo64KbAreReadOnceBackwardWhereTheirSumsFit) {
    const auto row = [](jsnormDataType_t type, int64_t elements) {
        return plan({JSNORM_LAYER_NORM, type, {64, elements}, false});
    };
    for (int device = 0; device < simt_device::kDevices; ++device) {
        const size_t kib = simt_device::device_spec(device).shared_bytes_per_block / 1024;
        EXPECT_EQ(backward_fuses(row(JSNORM_FLOAT, 16384), device), kib > 200);
        EXPECT_EQ(backward_fuses(row(JSNORM_DOUBLE, 8192), device), kib > 200);
        EXPECT_EQ(backward_fuses(row(JSNORM_HALF, 16384), device), kib > 160);
        EXPECT_FALSE(backward_fuses(row(JSNORM_HALF, 32768), device));
    }
}

TEST(Scheme, SmallCoupledGroupsAreReadOnceLargeOnesAreNot) {
    const auto sample = [](int64_t tokens, int64_t elements) {
        return plan({JSNORM_LAYER_NORM, JSNORM_HALF, {64, tokens, elements}, false});
    };
    const auto image = [](int64_t size, bool channels_last, int64_t channels = 8) {
        return plan(
            {JSNORM_INSTANCE_NORM, JSNORM_FLOAT, {64, channels, size, size}, channels_last});
    };
    for (int device = 0; device < simt_device::kDevices; ++device) {
        EXPECT_TRUE(forward_fuses(sample(4, 128), device));
        EXPECT_TRUE(forward_fuses(sample(16, 768), device));
        EXPECT_FALSE(forward_fuses(sample(100, 768), device));
        EXPECT_TRUE(forward_fuses(image(8, false), device));
        EXPECT_TRUE(backward_fuses(image(8, false), device));
        for (const int64_t channels : {8, 16, 100, 128}) {
            EXPECT_TRUE(forward_fuses(image(8, true, channels), device));
            EXPECT_TRUE(backward_fuses(image(8, true, channels), device));
        }
        EXPECT_FALSE(forward_fuses(image(8, true, 256), device));
        EXPECT_FALSE(forward_fuses(image(64, true), device));
        EXPECT_FALSE(forward_fuses(image(256, false), device));
    }
}

}  // namespace
}  // namespace jsnorm::cuda
