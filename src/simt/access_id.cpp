// SPDX-License-Identifier: Apache-2.0
#include "src/simt/access_id.hpp"

#include <tuple>

namespace simt {
namespace {

bool before(const Knowledge::Fact &a, const Knowledge::Fact &b) {
    return std::tie(a.block, a.thread) < std::tie(b.block, b.thread);
}

}  // namespace

bool Knowledge::covers(AccessId id) const {
    const uint32_t block = block_of(id);
    const int64_t time = time_of(epoch_of(id), warp_epoch_of(id));
    auto fact = std::lower_bound(facts_.begin(), facts_.end(), Fact{block, 0, 0, 0}, before);
    for (; fact != facts_.end() && fact->block == block; ++fact)
        if (time < fact->all || (fact->thread == thread_of(id) && time < fact->own)) return true;
    return false;
}

void Knowledge::add(const Fact &fact) {
    const auto place = std::lower_bound(facts_.begin(), facts_.end(), fact, before);
    if (place != facts_.end() && !before(fact, *place)) {
        place->all = std::max(place->all, fact.all);
        place->own = std::max(place->own, fact.own);
    } else {
        facts_.insert(place, fact);
    }
}

// Merged, not appended: a loop of atomics would make it grow without end.
void Knowledge::add(const Knowledge &other) {
    if (other.facts_.empty()) return;
    std::vector<Fact> merged;
    merged.reserve(facts_.size() + other.facts_.size());
    auto a = facts_.begin();
    auto b = other.facts_.begin();
    while (a != facts_.end() || b != other.facts_.end()) {
        if (b == other.facts_.end() || (a != facts_.end() && before(*a, *b))) {
            merged.push_back(*a++);
        } else if (a == facts_.end() || before(*b, *a)) {
            merged.push_back(*b++);
        } else {
            merged.push_back(
                {a->block, a->thread, std::max(a->all, b->all), std::max(a->own, b->own)});
            ++a, ++b;
        }
    }
    facts_ = std::move(merged);
}

}  // namespace simt
