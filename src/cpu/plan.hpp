// SPDX-License-Identifier: Apache-2.0
// Everything that is decided about an operation before it runs, in one pure function: which tensors
// pass by, how threads take their groups, and how outputs are stored. Operations,
// jsnormGetPlanDescription, the log and jsnormGetMemoryTraffic read a Plan and decide nothing.
#pragma once

#include <optional>

#include "src/core/request.hpp"
#include "src/cpu/schedule.hpp"
#include "src/cpu/workspace.hpp"

namespace jsnorm::cpu {

struct Plan {
    jsnormOperation_t operation = JSNORM_FORWARD_TRAINING;
    Problem problem;  // with the groups that threads take
    Workspace workspace;
    int threads = 1;
    std::optional<Traversal> inputs;    // of x, or x and dy: the tensors that are reduced
    std::optional<Traversal> elements;  // of all tensors of the elementwise pass
    std::optional<Schedule> schedule;   // where both passes go over the same groups
    bool past_cache = false;            // outputs are stored past the caches
    bool near = false;                  // all tensors are in the caches of their threads
    // What a thread has reduced is still in cache when the elementwise pass reads it.
    bool stays_in_cache = false;
};

// threads: the limit of the handle.
Plan make_plan(const Request &request, int threads);

// The lines after those of the request.
void describe(const Plan &plan, Text &text);

jsnormMemoryTraffic_t memory_traffic(const TrafficQuery &query, int threads);

}  // namespace jsnorm::cpu
