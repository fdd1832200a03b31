// SPDX-License-Identifier: Apache-2.0
//
// How tensors are seen as cells of elements (src/core/view.hpp), and how cells and elements are cut
// up for work (src/cpu/cells.hpp, src/cpu/cut.hpp).

#include "src/core/view.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "src/cpu/cells.hpp"
#include "src/cpu/cut.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Sizes = std::vector<int64_t>;

const std::vector<jsnormNormKind_t> kKinds = {JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION,
                                              JSNORM_INSTANCE_NORM, JSNORM_LAYER_NORM,
                                              JSNORM_GROUP_NORM};

Layout layout_of(const Sizes &dims, const Sizes &strides) {
    Layout layout;
    layout.rank = static_cast<int32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), layout.dims);
    std::copy(strides.begin(), strides.end(), layout.strides);
    return layout;
}

Layout packed(const Sizes &dims) {
    Layout layout = layout_of(dims, dims);
    EXPECT_TRUE(set_packed_strides(layout));
    return layout;
}

Layout channels_last(const Sizes &dims) {
    Layout layout = layout_of(dims, dims);
    layout.strides[1] = 1;
    int64_t next = dims[1];
    for (size_t axis = dims.size(); axis-- > 0;) {
        if (axis == 1) continue;
        layout.strides[axis] = next;
        next *= dims[axis];
    }
    return layout;
}

Problem problem_of(jsnormNormKind_t kind, const Layout &x) {
    NormConfig norm;
    norm.kind = kind;
    Problem problem;
    EXPECT_EQ(make_problem(norm, x, "x", problem), JSNORM_STATUS_SUCCESS);
    return problem;
}

View view_of(jsnormNormKind_t kind, const Layout &x) {
    return make_view(problem_of(kind, x), {&x});
}

Sizes sizes_of(const Axes &axes) {
    return Sizes(axes.size, axes.size + axes.count);
}

TEST(ViewAxes, AreMergedWhereMemoryAllowsIt) {
    const Sizes dims = {4, 3, 5, 7};
    const View rows = view_of(JSNORM_BATCH_NORM, packed(dims));
    EXPECT_EQ(sizes_of(rows.cells), (Sizes{3}));
    EXPECT_EQ(sizes_of(rows.elements), (Sizes{4, 35}));
    EXPECT_EQ(rows.elements.inner_stride(0), 1);
    const View columns = view_of(JSNORM_BATCH_NORM, channels_last(dims));
    EXPECT_EQ(sizes_of(columns.elements), (Sizes{140}));
    EXPECT_EQ(columns.elements.inner_stride(0), 3);
    EXPECT_EQ(sizes_of(view_of(JSNORM_BATCH_NORM_PER_ACTIVATION, packed(dims)).cells),
              (Sizes{105}));
    const View layer = view_of(JSNORM_LAYER_NORM, packed(dims));
    EXPECT_EQ(sizes_of(layer.cells), (Sizes{60}));
    EXPECT_EQ(sizes_of(layer.elements), (Sizes{7}));
    EXPECT_EQ(sizes_of(view_of(JSNORM_LAYER_NORM, layout_of(dims, {105, 35, 8, 1})).cells),
              (Sizes{12, 5}));
}

// Cells of one line have neighbouring parameters.
TEST(ViewAxes, OfSamplesAndOfChannelsAreNotMerged) {
    for (const auto kind : {JSNORM_INSTANCE_NORM, JSNORM_GROUP_NORM})
        for (const Layout &x : {packed({4, 3, 5}), packed({4, 3, 1}), channels_last({4, 3, 5})})
            EXPECT_EQ(sizes_of(view_of(kind, x).cells), (Sizes{4, 3}));
}

TEST(ViewAxes, AreMergedOnlyWhereEveryOperandAllowsIt) {
    const Sizes dims = {4, 3, 5, 7};
    const Layout x = packed(dims);
    const Layout gap = layout_of(dims, {120, 40, 8, 1});
    const Problem problem = problem_of(JSNORM_BATCH_NORM, x);
    EXPECT_EQ(sizes_of(make_view(problem, {&x, &x, &x}).elements), (Sizes{4, 35}));
    EXPECT_EQ(sizes_of(make_view(problem, {&x, &x, &gap}).elements), (Sizes{4, 5, 7}));
    EXPECT_EQ(make_view(problem, {&x, &x, &gap}).operands, 3);
}

TEST(ViewAxes, OfSizeOneLeaveNoTrace) {
    const View view = view_of(JSNORM_BATCH_NORM, layout_of({1, 3, 1, 7}, {-9, 7, 1000, 1}));
    EXPECT_EQ(sizes_of(view.cells), (Sizes{3}));
    EXPECT_EQ(sizes_of(view.elements), (Sizes{7}));
    const View single = view_of(JSNORM_BATCH_NORM, layout_of({1, 1}, {-9, 77}));
    EXPECT_EQ(sizes_of(single.cells), (Sizes{1}));
    EXPECT_EQ(sizes_of(single.elements), (Sizes{1}));
    EXPECT_EQ(single.cells.offset(0, 0) + single.elements.offset(0, 0), 0);
}

// The offset of element r of cell c, by the table in src/core/problem.hpp.
int64_t offset_by_table(const Problem &problem, const Layout &x, int64_t c, int64_t r) {
    const bool per_activation = problem.norm.kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
    Sizes cell_axes, element_axes;
    for (int64_t axis = 0; axis < x.rank; ++axis) {
        bool of_cells = axis == 1;
        if (per_activation) of_cells = axis > 0;
        if (problem.norm.kind == JSNORM_LAYER_NORM) of_cells = axis < x.rank - 1;
        if (problem.norm.kind == JSNORM_INSTANCE_NORM || problem.norm.kind == JSNORM_GROUP_NORM)
            of_cells = axis < 2;
        (of_cells ? cell_axes : element_axes).push_back(axis);
    }
    int64_t offset = 0;
    const auto walk = [&](const Sizes &axes, int64_t index) {
        for (size_t i = axes.size(); i-- > 0;) {
            if (x.dims[axes[i]] > 1) offset += index % x.dims[axes[i]] * x.strides[axes[i]];
            index /= x.dims[axes[i]];
        }
    };
    walk(cell_axes, c);
    walk(element_axes, r);
    return offset;
}

Layout random_layout(const Sizes &dims, Random &random) {
    Sizes order(dims.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
    for (size_t i = order.size(); i-- > 1;)
        std::swap(order[i], order[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i)))]);
    Sizes strides(dims.size());
    int64_t next = 1;
    for (const int64_t axis : order) {
        const auto at = static_cast<size_t>(axis);
        if (random.integer(0, 5) == 0) next += random.integer(1, 3);
        strides[at] = random.integer(0, 7) == 0 ? 0 : next;
        if (random.integer(0, 5) == 0) strides[at] = -next;
        if (dims[at] == 1) strides[at] = random.integer(-100, 100);
        next *= dims[at];
    }
    return layout_of(dims, strides);
}

TEST(ViewOffsets, AreThoseOfTheAxesForAnyStridesOfEveryOperand) {
    Random random(2);
    int columns = 0;
    for (int round = 0; round < 3000; ++round) {
        Sizes dims;
        for (int64_t rank = random.integer(2, 5); rank > 0; --rank)
            dims.push_back(random.integer(1, 4));
        const Layout first = random_layout(dims, random);
        const Layout second = random.integer(0, 1) == 0 ? first : random_layout(dims, random);
        const auto kind = kKinds[static_cast<size_t>(random.integer(0, 4))];
        const Problem problem = problem_of(kind, first);
        const View view = make_view(problem, {&first, &second});
        columns += view.columns;
        for (int64_t c = 0; c < problem.cells; ++c)
            for (int64_t r = 0; r < problem.cell_elements; ++r) {
                ASSERT_EQ(view.cells.offset(c, 0) + view.elements.offset(r, 0),
                          offset_by_table(problem, first, c, r));
                ASSERT_EQ(view.cells.offset(c, 1) + view.elements.offset(r, 1),
                          offset_by_table(problem, second, c, r));
            }
        // What columns promise: neighbours of one line are neighbours in memory and in the
        // parameters.
        for (int64_t c = 1; view.columns && c < problem.cells; ++c) {
            if (c % view.cells.inner_size() == 0) continue;
            for (int32_t t = 0; t < 2; ++t)
                ASSERT_EQ(view.cells.offset(c, t), view.cells.offset(c - 1, t) + 1);
            ASSERT_EQ(problem.parameter_of_cell(c), problem.parameter_of_cell(c - 1) + 1);
        }
    }
    EXPECT_GT(columns, 100);
}

TEST(ViewColumns, AreNeighbouringChannelsOfWhichTheElementsAreNotNeighbours) {
    const Sizes dims = {4, 3, 5, 7};
    for (const auto kind : {JSNORM_BATCH_NORM, JSNORM_INSTANCE_NORM, JSNORM_GROUP_NORM}) {
        EXPECT_FALSE(view_of(kind, packed(dims)).columns);
        EXPECT_TRUE(view_of(kind, channels_last(dims)).columns);
        EXPECT_FALSE(view_of(kind, layout_of(dims, {210, 2, 42, 6})).columns);
    }
    EXPECT_TRUE(view_of(JSNORM_BATCH_NORM, packed({4, 3})).columns);
    EXPECT_FALSE(view_of(JSNORM_BATCH_NORM, layout_of({4, 3}, {1, 4})).columns);
    EXPECT_TRUE(view_of(JSNORM_BATCH_NORM_PER_ACTIVATION, packed(dims)).columns);
    EXPECT_FALSE(view_of(JSNORM_LAYER_NORM, packed(dims)).columns);
    EXPECT_FALSE(view_of(JSNORM_LAYER_NORM, channels_last(dims)).columns);
}

TEST(ViewColumns, NeedEveryOperand) {
    const Sizes dims = {4, 3, 5, 7};
    const Layout nhwc = channels_last(dims);
    const Layout nchw = packed(dims);
    const Problem problem = problem_of(JSNORM_BATCH_NORM, nhwc);
    EXPECT_TRUE(make_view(problem, {&nhwc, &nhwc}).columns);
    EXPECT_FALSE(make_view(problem, {&nhwc, &nchw}).columns);
    EXPECT_FALSE(make_view(problem, {&nchw, &nhwc}).columns);
}

// The order of sums follows from the form: a sample's results must not depend on the other samples.
TEST(ViewColumns, DoNotDependOnTheNumberOfSamples) {
    for (const auto kind : {JSNORM_INSTANCE_NORM, JSNORM_GROUP_NORM, JSNORM_LAYER_NORM})
        for (const int64_t channels : {1, 3})
            for (const Sizes &strides :
                 {Sizes{1, 50, 10}, Sizes{1, 10, 50}, Sizes{50, 1, 10}, Sizes{50, 10, 1}}) {
                const Layout many = layout_of({10, channels, 5}, strides);
                const Layout one = layout_of({1, channels, 5}, strides);
                EXPECT_EQ(view_of(kind, many).columns, view_of(kind, one).columns)
                    << kind << " " << channels << " " << testing::PrintToString(strides);
            }
}

TEST(Cut, CoversEveryElementOnce) {
    for (const bool columns : {false, true})
        for (const int64_t segment : {1, 15, 16, 49, 128, 129, 2048, 2049, 4096, 5000, 40000})
            for (const int64_t segments : {1, 2, 31, 200})
                for (const int64_t parameters : {2, 3, 18, 63, 64, 100, 5000}) {
                    Problem problem;
                    problem.cell_elements = segments * segment;
                    problem.segment_elements = segment;
                    problem.shape.parameters = parameters;
                    const cpu::Cut cut(problem, columns);
                    ASSERT_EQ(cut.segments * cut.length, problem.cell_elements);
                    ASSERT_LE(cut.fold == 1 ? 0 : cut.fold * parameters, cpu::kFoldedWidth);
                    int64_t tile_next = 0;
                    int64_t chunk_next = 0;
                    for (int64_t chunk = 0; chunk < cut.chunks; ++chunk) {
                        for (int64_t i = cut.first_tile(chunk); i < cut.end_tile(chunk); ++i) {
                            const cpu::TileRange tile = cut.tile(i);
                            ASSERT_EQ(tile.first_segment * cut.length + tile.first, tile_next);
                            ASSERT_GT(tile.elements(), 0);
                            ASSERT_LE(tile.elements(),
                                      columns ? cpu::kColumnLines * cut.fold : cpu::kTile);
                            // No chain is longer than the rules of the arithmetic allow.
                            const int64_t terms =
                                columns ? cpu::divide_up(tile.length, cut.fold)
                                        : tile.segments * cpu::divide_up(tile.length, cpu::kLanes);
                            ASSERT_LE(terms, cpu::kTerms);
                            tile_next += tile.elements();
                        }
                        chunk_next += cut.elements(chunk);
                        ASSERT_EQ(chunk_next, tile_next);
                    }
                    ASSERT_EQ(tile_next, problem.cell_elements);
                }
}

TEST(CellBlocks, CoverTheirRangeOnceAndStayWithinARowOfColumns) {
    Random random(3);
    for (int round = 0; round < 2000; ++round) {
        View view;
        view.columns = random.integer(0, 1) == 1;
        view.cells.count = 2;
        view.cells.size[0] = random.integer(1, 5);
        view.cells.size[1] = random.integer(1, 150);
        const int64_t row = view.cells.size[1];
        const int64_t cells = view.cells.size[0] * row;
        cpu::Range range;
        range.begin = random.integer(0, cells);
        range.end = random.integer(range.begin, cells);
        const int64_t width = random.integer(1, 70);
        const cpu::CellBlocks blocks(view, range, width);
        int64_t next = range.begin;
        for (int64_t i = 0; i < blocks.count; ++i) {
            const cpu::Range block = blocks[i];
            ASSERT_EQ(block.begin, next);
            ASSERT_GT(block.length(), 0);
            ASSERT_LE(block.length(), width);
            if (view.columns) {
                ASSERT_EQ(block.begin / row, (block.end - 1) / row);
            }
            next = block.end;
        }
        ASSERT_EQ(next, range.end);
    }
}

}  // namespace
}  // namespace jsnorm::test
