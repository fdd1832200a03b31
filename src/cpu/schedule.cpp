// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/schedule.hpp"

#include <numeric>

#include "src/cpu/cache_share.hpp"

namespace jsnorm::cpu {

namespace {

// How many neighbouring groups belong together. Columns: the groups of a line of cells. Planes: the
// groups of a tile. Rows whose gradients of parameters are summed: the groups of whole row blocks.
int64_t groups_together(const Problem &problem, const Traversal &inputs) {
    if (problem.parameter_per_element) {
        return inputs.view.operands > 1 ? kRowBlock / std::gcd(problem.statistics, kRowBlock) : 1;
    }
    const int64_t cells = problem.statistics * problem.cells_per_statistic;
    if (inputs.cut.columns) return std::max<int64_t>(1, problem.shape.parameters / cells);
    const int64_t bytes = problem.cell_elements * static_cast<int64_t>(bytes_of(problem.type));
    const int64_t together = std::min(inputs.block, 2 * kSlabBytes / bytes);
    return std::max<int64_t>(1, together / cells);
}

}  // namespace

int threads_for(const Problem &problem, int threads) {
    constexpr int64_t kElementsPerThread = 16384;
    const int64_t useful = problem.cells * problem.cell_elements / kElementsPerThread;
    return static_cast<int>(std::clamp<int64_t>(useful, 1, threads));
}

bool stay_in_cache(const Problem &problem, const Traversal &inputs, int threads, int64_t elements) {
    const int64_t bytes = elements * static_cast<int64_t>(bytes_of(problem.type));
    return threads * inputs.view.operands * bytes <= cache_share().bytes_for(threads);
}

Problem as_scheduled(const Problem &problem, const Traversal &inputs, int threads, bool fixed) {
    const bool apart = fixed || !is_coupled(problem);
    if (!apart || !is_batch_kind(problem.norm.kind) || inputs.cut.columns) return problem;
    const int64_t elements = inputs.block * problem.cell_elements;
    return stay_in_cache(problem, inputs, threads, elements) ? statistics_apart(problem) : problem;
}

Schedule::Schedule(const Problem &problem, const Traversal &inputs, int threads)
    : threads_(threads),
      groups_(problem.groups),
      group_elements_(problem.statistics * problem.cells_per_statistic * problem.cell_elements) {
    const int64_t bytes = group_elements_ * static_cast<int64_t>(bytes_of(problem.type));
    const int64_t slab = std::max<int64_t>(1, kSlabBytes / std::max<int64_t>(bytes, 1));
    const int64_t together = groups_together(problem, inputs);
    unit_ = divide_up(slab, together) * together;
    // Row blocks may be cut into steps; lines of cells and planes may not. At least two rows at a
    // time: they share loads and stores of parameters.
    const bool divides = problem.parameter_per_element && slab < together;
    step_ = divides ? std::max<int64_t>(slab, 2) : unit_;
    // Group by group only with units enough for an even load, or equally many for every thread.
    const int64_t units = divide_up(groups_, unit_);
    group_by_group_ = units >= 2 * int64_t{threads} || units % threads == 0;
}

}  // namespace jsnorm::cpu
