// SPDX-License-Identifier: Apache-2.0
// What a case came out as, and how: verify everyone, then take turns.
#pragma once

#include <string>
#include <vector>

#include "bench/accounting.hpp"
#include "bench/machine.hpp"
#include "bench/options.hpp"

namespace jsnorm::bench {

struct Participation {
    const Entrant *entrant;
    std::string refusal;      // why it did not take part
    bool wrong = false;       // its results are: the refusal says where
    Agreement agreement;      // with the reference
    Timing timing;            // empty: not timed
    double host_seconds = 0;     // of a call that enqueues; 0: it does not
    std::string implementation;  // that a peer has picked; empty: it does not tell
};

struct Result {
    Case which;
    CacheState cache;
    int threads;
    Bytes bytes;
    std::vector<Participation> participations;
    double foreign_load = 0;  // what other programs took of the processors meanwhile

    const Participation *find(const std::string &name) const;  // who was timed
    double seconds(const std::string &name) const;             // its median; 0: not timed
    // How many times as long `name` took as jsnorm did, by rounds; 0: one of them was not timed.
    double ratio(const std::string &name) const;
};

Result measure(const Case &which, const Options &options, const Machine &machine);

}  // namespace jsnorm::bench
