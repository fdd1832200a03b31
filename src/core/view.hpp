// SPDX-License-Identifier: Apache-2.0
// How some tensors of one shape lie in memory, seen as cells of elements (src/core/problem.hpp):
// the axes of both, merged where every tensor allows it, with a stride for each tensor.
#pragma once

#include <initializer_list>

#include "src/core/problem.hpp"

namespace jsnorm {

constexpr int32_t kMaxOperands = 5;

// An index space of one or more axes, row-major, with the element offset of each index in each
// operand.
struct Axes {
    int32_t count = 0;  // at least 1
    int64_t size[JSNORM_MAX_RANK] = {};
    int64_t stride[JSNORM_MAX_RANK][kMaxOperands] = {};

    int64_t inner_size() const { return size[count - 1]; }
    int64_t inner_stride(int32_t operand) const { return stride[count - 1][operand]; }
    int64_t offset(int64_t index, int32_t operand) const;
};

struct View {
    Axes cells;
    Axes elements;
    int32_t operands = 0;
    // Neighbouring cells are neighbours in memory in every operand (NHWC; (N, C)), and neighbouring
    // elements are not.
    bool columns = false;
};

// The layouts must have the dims of the problem's x.
View make_view(const Problem &problem, std::initializer_list<const Layout *> operands);

}  // namespace jsnorm
