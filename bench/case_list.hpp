// SPDX-License-Identifier: Apache-2.0
// Every case of the programme. The first list is what a plain run measures; --full takes all.
#pragma once

#include <vector>

#include "bench/case.hpp"

namespace jsnorm::bench {

struct CaseLimits {
    int64_t tensor_bytes;  // a larger tensor is scaled down in its leading dimension
    int threads;           // the most
    bool full;             // every case, not the selection
};

// The shapes of batch norm B1 to B13, and of layer norm L1 to L7: rows that nothing couples (2-D)
// and, with more axes, rows that are shrunk over a sample.
std::vector<Shape> batch_shapes();
std::vector<Shape> layer_shapes();

std::vector<Case> shape_cases(const CaseLimits &limits);
std::vector<Case> size_cases(const CaseLimits &limits);     // 1 kB to the limit
std::vector<Case> channel_cases(const CaseLimits &limits);  // 1 to 8192 channels, same bytes
std::vector<Case> thread_cases(const CaseLimits &limits);   // 1 to all
std::vector<Case> call_cases();                             // tensors so small that the call counts

std::vector<Case> all_cases(const CaseLimits &limits);

// The same computations on tensors of a few kilobytes: to verify, not to time.
std::vector<Case> tiny_cases();

}  // namespace jsnorm::bench
