// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/clock.hpp"
#include "bench/contestant.hpp"

namespace jsnorm::bench {

struct Options {
    Settings settings;
    ClockSettings clock;
    std::string filter;  // a regular expression; empty: all cases
    bool list = false;
    bool help = false;
    bool full = false;
    bool verify_only = false;
    std::vector<std::string> contestants;  // empty: all
    int64_t tensor_bytes = 0;              // 0: twice the last-level cache
    std::string json;                      // a file to write
    std::string revision = "unknown";      // of the library's sources
};

std::string usage();

// Throws std::invalid_argument with what is wrong.
Options parse_options(int argc, char **argv, int processors);

}  // namespace jsnorm::bench
