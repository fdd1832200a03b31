// SPDX-License-Identifier: Apache-2.0
// Do two elements of a strided tensor lie at one place? They do if the differences of their
// indices,
// -(size-1) to size-1 along each axis and not all 0, times the strides add up to 0.
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "src/core/layout.hpp"

namespace jsnorm {

namespace {

// Axes of more than one index, the longest stride first. All sizes of a Layout fit 64 bits.
struct Strides {
    int32_t count = 0;
    int64_t most[JSNORM_MAX_RANK] = {};    // size - 1
    int64_t stride[JSNORM_MAX_RANK] = {};  // without its sign, which does not matter
    // Of the axes from this one on: what they can add up to at most, and what divides their
    // strides.
    int64_t reach[JSNORM_MAX_RANK + 1] = {};
    int64_t divisor[JSNORM_MAX_RANK + 1] = {};
};

Strides sorted_strides(const Layout &layout) {
    Strides sorted;
    for (int32_t axis = 0; axis < layout.rank; ++axis) {
        if (layout.dims[axis] < 2) continue;
        const int64_t stride = std::abs(layout.strides[axis]);
        int32_t place = sorted.count++;
        for (; place > 0 && sorted.stride[place - 1] < stride; --place) {
            sorted.stride[place] = sorted.stride[place - 1];
            sorted.most[place] = sorted.most[place - 1];
        }
        sorted.stride[place] = stride;
        sorted.most[place] = layout.dims[axis] - 1;
    }
    for (int32_t i = sorted.count; i-- > 0;) {
        sorted.reach[i] = sorted.reach[i + 1] + sorted.most[i] * sorted.stride[i];
        sorted.divisor[i] = std::gcd(sorted.divisor[i + 1], sorted.stride[i]);
    }
    return sorted;
}

// Searches for differences along the axes from `axis` on that add up to -sum.
class Search {
  public:
    explicit Search(const Strides &strides) : strides_(strides) {}

    // moved: whether a difference before this axis is not 0.
    bool finds(int32_t axis, int64_t sum, bool moved) {
        if (axis == strides_.count) return moved && sum == 0;
        if (std::abs(sum) > strides_.reach[axis]) return false;
        if (strides_.divisor[axis] != 0 && sum % strides_.divisor[axis] != 0) return false;
        // A difference and its negative are the same pair of elements: the first that is not 0 is
        // taken as positive.
        const int64_t stride = strides_.stride[axis];
        const int64_t inner = strides_.reach[axis + 1];
        const int64_t most = strides_.most[axis];
        int64_t low = moved ? -most : 0;
        int64_t high = most;
        if (stride != 0) {
            // Others must be able to make up for it. Rounded outwards.
            low = std::max(low, -((sum + inner) / stride) - 1);
            high = std::min(high, (inner - sum) / stride + 1);
        }
        for (int64_t difference = low; difference <= high; ++difference) {
            if (--steps_ < 0) return false;
            if (finds(axis + 1, sum + difference * stride, moved || difference != 0)) return true;
        }
        return false;
    }
    bool gave_up() const { return steps_ < 0; }

  private:
    static constexpr int64_t kMostSteps = 20000;
    const Strides &strides_;
    int64_t steps_ = kMostSteps;
};

}  // namespace

SelfOverlap self_overlap(const Layout &layout) {
    if (layout.empty()) return SelfOverlap::kNone;
    const Strides strides = sorted_strides(layout);
    // The common case: every step along an axis leaps over all that the axes inside it span.
    bool nested = true;
    for (int32_t i = 0; i < strides.count; ++i) nested &= strides.stride[i] > strides.reach[i + 1];
    if (nested) return SelfOverlap::kNone;
    Search search(strides);
    if (search.finds(0, 0, false)) return SelfOverlap::kSome;
    return search.gave_up() ? SelfOverlap::kUnknown : SelfOverlap::kNone;
}

}  // namespace jsnorm
