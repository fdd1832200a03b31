// SPDX-License-Identifier: Apache-2.0
//
// The plans of the CUDA backend, over thousands of shapes: what they may depend on, and what
// kernels and devices can take.

#include "src/cuda/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "src/cuda/scheme.hpp"
#include "src/cuda/tuning.hpp"
#include "src/cuda/workspace.hpp"
#include "tests/simt_device/device.hpp"

namespace jsnorm::cuda {
namespace {

using Dims = std::vector<int64_t>;

struct Shape {
    jsnormNormKind_t kind;
    jsnormDataType_t type;
    Dims dims;
    bool channels_last;
};

Layout layout_of(const Shape &shape) {
    Layout layout;
    layout.type = shape.type;
    layout.rank = static_cast<int32_t>(shape.dims.size());
    std::copy(shape.dims.begin(), shape.dims.end(), layout.dims);
    set_packed_strides(layout);
    if (shape.channels_last) {
        int64_t stride = shape.dims[1];
        layout.strides[1] = 1;
        for (int32_t axis = layout.rank; axis-- > 0;) {
            if (axis == 1) continue;
            layout.strides[axis] = stride;
            stride *= shape.dims[static_cast<size_t>(axis)];
        }
    }
    return layout;
}

struct Planned {
    Problem problem;
    View view;
    Tree tree;
};

Planned plan(const Shape &shape, jsnormEstimator_t estimator = JSNORM_ESTIMATOR_JAMES_STEIN) {
    NormConfig norm;
    norm.kind = shape.kind;
    norm.mean_estimator = norm.variance_estimator = estimator;
    const Layout layout = layout_of(shape);
    Planned planned;
    EXPECT_EQ(make_problem(norm, layout, "x", planned.problem), JSNORM_STATUS_SUCCESS);
    planned.view = make_view(planned.problem, {&layout});
    planned.tree = make_tree(planned.problem, planned.view);
    return planned;
}

const jsnormDataType_t kTypes[] = {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16};

std::vector<Shape> shapes() {
    std::vector<Shape> result;
    for (const jsnormDataType_t type : kTypes) {
        for (const int64_t n : {1, 2, 7, 32, 256}) {
            for (const int64_t c : {1, 3, 8, 18, 35, 64, 720, 2048, 4097}) {
                for (const int64_t s : {1, 2, 7, 28, 112}) {
                    for (const bool last : {false, true}) {
                        for (const jsnormNormKind_t kind :
                             {JSNORM_BATCH_NORM, JSNORM_INSTANCE_NORM, JSNORM_LAYER_NORM}) {
                            result.push_back({kind, type, {n, c, s, s}, last});
                        }
                    }
                }
            }
        }
    }
    return result;
}

TEST(Tree, CoversEveryElementWithCompiledLanesWholeTilesAndNoEmptyChunk) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, tree] = plan(shape);
        const int64_t rows = (problem.cell_elements + tree.fold - 1) / tree.fold;
        const int64_t chunk = tree.tile * tree.chunk_tiles;
        ASSERT_GE(tree.chunks * chunk, rows);
        ASSERT_LT((tree.chunks - 1) * chunk, rows);
        if (tree.columns) {
            ASSERT_EQ(tree.lanes & (tree.lanes - 1), 0);
            ASSERT_LE(tree.lanes, 32);
            ASSERT_EQ(tree.tile * tree.lanes, 8 * 256);
            ASSERT_LE(8 * tree.chunk_tiles, 256);  // terms of a float chain
        } else {
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
        EXPECT_EQ(many.chunk_tiles, alone.chunk_tiles);
        EXPECT_EQ(many.chunks, alone.chunks);
    }
}

TEST(Tree, FoldsRowsOfColumnsToWholeVectors) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, tree] = plan(shape);
        if (!tree.columns || problem.cell_elements == 1) continue;
        EXPECT_EQ(tree.row_cells * tree.fold % vector_width(shape.type), 0);
        EXPECT_TRUE(allows_vectors(problem, view, tree, true) || problem.groups > 1);
        EXPECT_FALSE(allows_vectors(problem, view, tree, false));
    }
}

TEST(Workspace, HoldsThePartialsOfEveryLayout) {
    for (const Shape &shape : shapes()) {
        const auto [problem, view, tree] = plan(shape);
        ASSERT_GE(max_partials(problem), tree.partials(problem));
        const Tree backward = make_tree(problem, view, problem.parameter_per_element);
        ASSERT_GE(max_partials(problem), backward.partials(problem));
        const int64_t rows = part_rows(problem, backward.lanes);
        ASSERT_GE(max_parts(problem), (problem.cells + rows - 1) / rows);
    }
}

TEST(Workspace, DoesNotShrinkAsTheBatchGrows) {
    for (Shape shape : shapes()) {
        if (shape.dims[0] != 1) continue;
        size_t before = 0;
        for (const int64_t n : {1, 2, 3, 5, 8, 16, 40, 100, 256, 1000}) {
            shape.dims[0] = n;
            const size_t bytes = plan_workspace(plan(shape).problem, JSNORM_BACKWARD).bytes;
            EXPECT_GE(bytes, before) << n;
            before = bytes;
        }
    }
}

TEST(Scheme, SharedMemoryOfAFusedBackwardFitsTheDevice) {
    int fused = 0;
    int refused = 0;
    for (const jsnormDataType_t type : kTypes) {
        for (int64_t elements = 16; elements <= 40000; elements += elements / 3 + 1) {
            const auto [problem, view, tree] =
                plan({JSNORM_LAYER_NORM, type, {64, elements}, false});
            for (int device = 0; device < simt_device::kDevices; ++device) {
                const size_t limit = simt_device::device_spec(device).shared_bytes_per_block;
                if (backward_fuses(problem, tree, limit)) {
                    EXPECT_LE(parameter_sum_bytes(problem, tree) + 128 * 8 * 16, limit);
                    ++fused;
                } else {
                    ++refused;
                }
                const Tree streaming = make_tree(problem, view, true);
                EXPECT_LE(parameter_sum_bytes(problem, streaming) +
                              static_cast<size_t>(std::max(streaming.lanes, 128)) * 8 * 16 + 1024,
                          limit);
            }
        }
    }
    EXPECT_GT(fused, 100);
    EXPECT_GT(refused, 10);
}

TEST(Scheme, RowsThatNothingCouplesAreReadOnce) {
    const auto alone = plan({JSNORM_LAYER_NORM, JSNORM_HALF, {64, 768}, false});
    EXPECT_EQ(forward_scheme(alone.problem, alone.tree), Scheme::kFused);
    const auto none =
        plan({JSNORM_LAYER_NORM, JSNORM_HALF, {64, 8, 768}, false}, JSNORM_ESTIMATOR_NONE);
    EXPECT_EQ(forward_scheme(none.problem, none.tree), Scheme::kFused);
    const auto coupled = plan({JSNORM_LAYER_NORM, JSNORM_HALF, {64, 8, 768}, false});
    EXPECT_EQ(forward_scheme(coupled.problem, coupled.tree), Scheme::kStreaming);
    const auto batch =
        plan({JSNORM_BATCH_NORM, JSNORM_HALF, {64, 8, 768}, false}, JSNORM_ESTIMATOR_NONE);
    EXPECT_EQ(forward_scheme(batch.problem, batch.tree), Scheme::kStreaming);
}

}  // namespace
}  // namespace jsnorm::cuda
