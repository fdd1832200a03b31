// SPDX-License-Identifier: Apache-2.0
//
// Sums over tensors where they lie, in double and by nothing of the library: the oracle would take
// hours for tensors of 2^31 elements. segment_sums_cuda.cu sums by CUB, segment_sums_simt.cpp in a
// plain loop.
#ifndef JSNORM_TESTS_GPU_SEGMENT_SUMS_HPP
#define JSNORM_TESTS_GPU_SEGMENT_SUMS_HPP

#include <jsnorm/jsnorm.h>

#include <cstdint>
#include <vector>

namespace jsnorm::test::gpu {

// Element e of a tensor, in memory order, belongs to entry e / inner % count.
struct Entries {
    int64_t count = 0, inner = 0;
};

struct Operands {
    jsnormDataType_t type;
    int64_t elements;
    const void *x;
    const void *dy = nullptr;
    Entries statistics;                 // that center and scale are indexed by
    std::vector<double> center, scale;  // on the host
};

enum class Term {
    kElement,           // x
    kSquaredDeviation,  // (x - center)^2
    kGradient,          // dy * (x - center) * scale
};

// For each entry, the sum of the terms of its elements.
std::vector<double> segment_sums(Term term, const Operands &operands, const Entries &entries);

}  // namespace jsnorm::test::gpu

#endif
