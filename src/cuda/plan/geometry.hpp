// SPDX-License-Identifier: Apache-2.0
// From a plan to what kernels take as arguments.
#pragma once

#include "kernels/columns/columns.cuh"
#include "kernels/finalize/sums.cuh"
#include "kernels/planes/planes.cuh"
#include "kernels/rows/groups.cuh"
#include "kernels/tensor/partials.cuh"
#include "src/cuda/plan/plan.hpp"

namespace jsnorm::cuda {

gpu::Rows rows_of(const Problem &problem, const Pass &pass);
gpu::Columns columns_of(const Problem &problem, const Pass &pass);
gpu::Planes planes_of(const Problem &problem, const Pass &pass);
gpu::Parts parts_of(const Problem &problem, const Tree &tree, int64_t cells_per_statistic);

// The estimators of the groups, by `threads` threads each.
gpu::Groups groups_of(const Problem &problem, int32_t threads);
gpu::RowGroups row_groups(const Problem &problem, const Tree &tree);

// The least power of two that is not below `value`, up to `most`.
int32_t power_of_two(int64_t value, int32_t most);

}  // namespace jsnorm::cuda
