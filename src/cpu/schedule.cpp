// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/schedule.hpp"

#include <numeric>

#include "src/cpu/cache.hpp"

namespace jsnorm::cpu {

namespace {

// Groups that stay together: those whose cells fill a row of neighbouring ones in columns or a tile
// of planes, or whose rows fill blocks over which gradients of parameters are summed.
int64_t step_of(const Problem &problem, const Traversal &of_x, bool backward) {
    if (problem.parameter_per_element) {
        return backward ? kRowBlock / std::gcd(problem.statistics, kRowBlock) : 1;
    }
    const int64_t cells = problem.statistics * problem.cells_per_statistic;
    const int64_t together = of_x.cut.columns ? problem.shape.parameters : of_x.block;
    return std::max<int64_t>(1, together / cells);
}

}  // namespace

int threads_for(const Problem &problem, int threads) {
    constexpr int64_t kElementsPerThread = 16384;
    const int64_t useful = problem.cells * problem.cell_elements / kElementsPerThread;
    return static_cast<int>(std::clamp<int64_t>(useful, 1, threads));
}

Problem as_scheduled(const Problem &problem, const Traversal &of_x, int threads, bool fixed) {
    const int64_t cell_bytes = problem.cell_elements * static_cast<int64_t>(bytes_of(problem.type));
    const bool stay = 2 * threads * of_x.block * cell_bytes <= last_level_cache_bytes();
    const bool apart = fixed || !is_coupled(problem);
    if (!apart || !is_batch_kind(problem.norm.kind) || of_x.cut.columns || !stay) return problem;
    return statistics_apart(problem);
}

Schedule::Schedule(const Problem &problem, const Traversal &of_x, int threads, bool backward)
    : threads_(threads),
      groups_(problem.groups),
      group_elements_(problem.statistics * problem.cells_per_statistic * problem.cell_elements) {
    const int64_t bytes = group_elements_ * static_cast<int64_t>(bytes_of(problem.type));
    const int64_t slab = std::max<int64_t>(1, kSlabBytes / std::max<int64_t>(bytes, 1));
    const int64_t step = step_of(problem, of_x, backward);
    unit_ = divide_up(slab, step) * step;
    // Blocks of rows may be taken apart, rows of neighbouring cells may not. Two rows at least load
    // and store together what belongs to their elements.
    const bool divides = problem.parameter_per_element && slab < step;
    at_once_ = divides ? std::max<int64_t>(slab, 2) : unit_;
    // Enough of them, or as many for every thread.
    const int64_t units = divide_up(groups_, unit_);
    group_by_group_ = units >= 2 * int64_t{threads} || units % threads == 0;
}

}  // namespace jsnorm::cpu
