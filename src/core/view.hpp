// SPDX-License-Identifier: Apache-2.0
// How the tensors of a call lie in memory, seen as cells and their elements (src/core/problem.hpp):
// the axes of both, merged where every tensor allows it, with a stride per tensor.
//
// Both backends sum the elements of a cell in an order that K, R, the type and the form of a view
// (rows or columns) alone decide: not threads, alignment, device or the number of groups. They cut
// a cell in different ways, because their hardware adds in different ways. The CPU sums interleaved
// chains, which vectors of any width hold whole, in tiles that stay in the cache of a core
// (src/cpu/cut.hpp). CUDA sums in lanes, warps and blocks, in tiles that registers and shared
// memory hold (src/cuda/plan/tree.hpp). So each backend repeats its own bits, and the two agree
// within tolerances.
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
    // Columns: in every operand, neighbouring cells are neighbours in memory and neighbouring
    // elements are not (NHWC; (N, C)). Otherwise rows.
    bool columns = false;
};

// The layouts must have the dims of the problem's x.
View make_view(const Problem &problem, std::initializer_list<const Layout *> operands);

}  // namespace jsnorm
