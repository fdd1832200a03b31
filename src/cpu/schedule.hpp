// SPDX-License-Identifier: Apache-2.0
// In which order threads go over the groups of a problem: whole passes over all of them, or some
// neighbouring groups at a time, whose later passes then find them in cache.
#pragma once

#include "src/cpu/parallel.hpp"
#include "src/cpu/traversal.hpp"

namespace jsnorm::cpu {

// Threads of so many that have work. Small problems are not worth waking threads for.
int threads_for(const Problem &problem, int threads);

// What passes reduce is `inputs`: x, or x and dy.

// All threads find in the last-level cache what they have read of so many elements.
bool stay_in_cache(const Problem &problem, const Traversal &inputs, int threads, int64_t elements);

// The problem as passes take it. Where nothing couples the channels of a batch norm - by its
// estimators, or because statistics are fixed - and they are planes that stay in cache, each is a
// group of its own.
Problem as_scheduled(const Problem &problem, const Traversal &inputs, int threads, bool fixed);

class Schedule {
  public:
    Schedule(const Problem &problem, const Traversal &inputs, int threads);

    // Else pass by pass over memory.
    bool group_by_group() const { return group_by_group_; }
    // Elements that a thread goes over at a time.
    int64_t elements_at_once() const { return step_ * group_elements_; }

    // body(groups, threads)
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
    int64_t unit_;  // what different threads take begins at multiples of it
    int64_t step_;  // a part of a unit
    bool group_by_group_;
};

}  // namespace jsnorm::cpu
