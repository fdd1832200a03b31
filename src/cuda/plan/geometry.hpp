// SPDX-License-Identifier: Apache-2.0
// From a view and its tree to what kernels take.
#pragma once

#include "kernels/columns/columns.cuh"
#include "kernels/rows/groups.cuh"
#include "kernels/finalize/sums.cuh"
#include "kernels/tensor/partials.cuh"
#include "src/cuda/plan/access.hpp"
#include "src/cuda/plan/scheme.hpp"

namespace jsnorm::cuda {

gpu::Rows rows_of(const Problem &problem, const View &view, const Tree &tree,
                  gpu::RowAccess access);
gpu::Columns columns_of(const Problem &problem, const View &view, const Tree &tree, bool vectors);
gpu::Parts parts_of(const Problem &problem, const Tree &tree, int64_t cells_per_statistic);

// The estimators of the groups, by `threads` threads each.
gpu::Groups groups_of(const Problem &problem, int32_t threads);
gpu::RowGroups row_groups(const Problem &problem, const Tree &tree);

// The least power of two that is not below `value`, up to `most`.
int32_t power_of_two(int64_t value, int32_t most);

}  // namespace jsnorm::cuda
