// SPDX-License-Identifier: Apache-2.0
// Bytes. S is the size of x. A bandwidth of one kind is never compared with one of the other.
#pragma once

#include "bench/case.hpp"

namespace jsnorm::bench {

struct Bytes {
    double useful;  // every tensor once: 2S forward, 3S backward; residual and mask are tensors too
    double scheme;  // what the library plans to ask for, e.g. 3S and 5S where x is read twice
    double copy;    // what the copy of x counts: 2S
    bool none_has_same_scheme;  // NONE moves the same bytes in the same order
};

Bytes bytes_of(const Case &which, int threads);

}  // namespace jsnorm::bench
