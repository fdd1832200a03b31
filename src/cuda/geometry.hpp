// SPDX-License-Identifier: Apache-2.0
// From a view and its tree to what kernels take.
#pragma once

#include "kernels/columns.cuh"
#include "kernels/merge.cuh"
#include "kernels/rows_apply.cuh"
#include "src/cuda/tree.hpp"

namespace jsnorm::cuda {

gpu::Rows rows_of(const Problem &problem, const View &view, const Tree &tree, bool vectors);
gpu::Columns columns_of(const Problem &problem, const View &view, const Tree &tree, bool vectors);
gpu::Parts parts_of(const Problem &problem, const Tree &tree, int64_t cells_per_statistic);

gpu::ParameterIndex parameter_index(const Problem &problem);

// The least power of two that is not below `value`, up to `most`.
int32_t power_of_two(int64_t value, int32_t most);

}  // namespace jsnorm::cuda
