// SPDX-License-Identifier: Apache-2.0
// The parts of jsnormGetMemoryTraffic that do not depend on the backend: which tensors an operation
// must touch, and the caller's arrays of statistics and parameters.
#pragma once

#include "src/core/problem.hpp"

namespace jsnorm {

// Passes over tensors the size of x, and over the mask.
struct Passes {
    uint64_t tensors = 0;
    uint64_t masks = 0;
};

// Whether an operation takes its statistics from x itself.
bool uses_sample(const Problem &problem, jsnormOperation_t operation);
// Whether an operation sums over x alone, and over x and dy.
bool reduces_x(const Problem &problem, jsnormOperation_t operation);
bool reduces_gradient(jsnormOperation_t operation);

// Every tensor and the mask once. residual: 1 where z or dz takes part, else 0.
Passes least_passes(const Problem &problem, jsnormOperation_t operation, uint64_t residual);

// A query about an operation: the layout of all its tensors, and JSNORM_TRAFFIC_* of the optional
// ones.
struct TrafficQuery {
    const Problem &problem;
    const Layout &x;
    jsnormOperation_t operation;
    uint32_t tensors;

    uint64_t residual() const { return (tensors & JSNORM_TRAFFIC_RESIDUAL) != 0 ? 1 : 0; }
    bool mask() const { return (tensors & JSNORM_TRAFFIC_MASK) != 0; }
};

// The answer from a backend's passes and its partial results.
jsnormMemoryTraffic_t memory_traffic(const TrafficQuery &query, const Passes &planned,
                                     uint64_t partial_sum_bytes);

}  // namespace jsnorm
