// SPDX-License-Identifier: Apache-2.0
// Where the programme for the CPU (programme.cpp) and the one for a GPU (cuda/programme.cpp)
// differ.
#pragma once

#include <vector>

#include "bench/case_list.hpp"
#include "bench/contestant.hpp"
#include "bench/machine.hpp"

namespace jsnorm::bench {

jsnormBackend_t backend();

// The machine's processors and the cache that tensors can stay in.
Machine programme_machine();

// A tensor of floats that is larger is scaled down, unless an option says otherwise.
int64_t usual_tensor_bytes(const Machine &machine);

std::vector<Case> programme_cases(const CaseLimits &limits);

// How many sets of tensors are taken in turn, and how many of them are in host memory.
Rotation rotation_of(const Case &which, const Machine &machine);

}  // namespace jsnorm::bench
