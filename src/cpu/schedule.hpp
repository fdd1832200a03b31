// SPDX-License-Identifier: Apache-2.0
// The order in which threads go over the groups of a problem: pass by pass over all groups, or some
// neighbouring groups at a time through all passes, which then find them in cache.
#pragma once

#include "src/cpu/parallel.hpp"
#include "src/cpu/traversal.hpp"

namespace jsnorm::cpu {

// How many of `threads` the problem can use. Small problems are not worth waking threads.
int threads_for(const Problem &problem, int threads);

// Below, `inputs` goes over the tensors that are reduced: x, or x and dy.

// Whether the last-level cache holds this many elements of every input for every thread.
bool stay_in_cache(const Problem &problem, const Traversal &inputs, int threads, int64_t elements);

// The problem as passes run it. Channels of a batch norm become groups of their own where they are
// planes that stay in cache and nothing couples them: the estimators do not, or the statistics are
// fixed.
Problem as_scheduled(const Problem &problem, const Traversal &inputs, int threads, bool fixed);

class Schedule {
  public:
    Schedule(const Problem &problem, const Traversal &inputs, int threads);

    // True: some groups at a time through all passes. False: pass by pass over all groups.
    bool group_by_group() const { return group_by_group_; }
    // Elements that a thread takes through all passes at a time.
    int64_t elements_at_once() const { return step_ * group_elements_; }

    // Calls body(groups, threads) until all groups are done.
    template <class Body>
    void for_groups(const Body &body) const {
        if (!group_by_group_) return body(Range{0, groups_}, threads_);
        parallel_for(threads_, divide_up(groups_, unit_), [&](int64_t i) {
            const int64_t end = std::min((i + 1) * unit_, groups_);
            for (int64_t begin = i * unit_; begin < end; begin += step_) {
                body(Range{begin, std::min(begin + step_, end)}, 1);
            }
        });
    }

  private:
    int threads_;
    int64_t groups_;
    int64_t group_elements_;
    int64_t unit_;  // groups of a unit of parallel work
    int64_t step_;  // groups of one call of body: a part of a unit
    bool group_by_group_;
};

}  // namespace jsnorm::cpu
