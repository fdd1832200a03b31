// SPDX-License-Identifier: Apache-2.0
//
// Shapes by the thousand, and what the CUDA backend makes of them before it asks a device.
#ifndef JSNORM_TESTS_SIMT_DEVICE_PLANNED_HPP
#define JSNORM_TESTS_SIMT_DEVICE_PLANNED_HPP

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "src/cuda/plan/scheme.hpp"

namespace jsnorm::cuda {

using Dims = std::vector<int64_t>;

struct Shape {
    jsnormNormKind_t kind;
    jsnormDataType_t type;
    Dims dims;
    bool channels_last;
};

inline Layout layout_of(const Shape &shape) {
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

inline Planned plan(const Shape &shape,
                    jsnormEstimator_t estimator = JSNORM_ESTIMATOR_JAMES_STEIN) {
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

inline constexpr jsnormDataType_t kTypes[] = {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF,
                                              JSNORM_BFLOAT16};

inline std::vector<Shape> shapes() {
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

inline constexpr RowsKernel kRowsKernels[] = {
    RowsKernel::kForward,      RowsKernel::kBackward,     RowsKernel::kStatistics,
    RowsKernel::kApplyForward, RowsKernel::kGradientSums, RowsKernel::kApplyBackward};

}  // namespace jsnorm::cuda

#endif
