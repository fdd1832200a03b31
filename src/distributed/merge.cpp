// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/merge.hpp"

#include <algorithm>

#include "kernels/math/moments.cuh"

namespace jsnorm::distributed {

Merger::Merger(Payload payload, int64_t size, double *first, double *second)
    : payload_(payload), size_(size), first_(first), second_(second) {
    std::fill(first, first + size, 0.0);
    std::fill(second, second + size, 0.0);
}

void Merger::add(const Part &part) {
    if (part.count == 0) return;
    const double count = static_cast<double>(part.count);
    if (count_ == 0) {  // the first: a copy keeps the sign of a zero
        std::copy(part.first, part.first + size_, first_);
        std::copy(part.second, part.second + size_, second_);
    } else if (payload_ == Payload::kMoments) {
        for (int64_t k = 0; k < size_; ++k) {
            const Moments merged = merge(Moments{count_, first_[k], second_[k]},
                                         Moments{count, part.first[k], part.second[k]});
            first_[k] = merged.mean;
            second_[k] = merged.m2;
        }
    } else {
        for (int64_t k = 0; k < size_; ++k) {
            first_[k] += part.first[k];
            second_[k] += part.second[k];
        }
    }
    count_ += count;
}

}  // namespace jsnorm::distributed
