// SPDX-License-Identifier: Apache-2.0
// Contestants take turns, round by round, so that whatever disturbs the machine disturbs all of
// them; ratios are taken within a round.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/contestant.hpp"

namespace jsnorm::bench {

struct ClockSettings {
    int rounds = 7;
    double turn_seconds = 0.005;  // a turn is as many calls as take this long, at least one
};

struct Timing {
    int64_t calls_per_turn = 0;
    std::vector<double> seconds;  // per call, one entry a round
};

// One Timing for each contestant.
std::vector<Timing> take_turns(const std::vector<Contestant *> &contestants,
                               const ClockSettings &settings);

// Returns when no thread of this process has used a processor for a millisecond: threads that wait
// for work spin before they sleep.
void wait_for_rest();

}  // namespace jsnorm::bench
