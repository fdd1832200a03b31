// SPDX-License-Identifier: Apache-2.0
// The table on the terminal: a line per case.
#pragma once

#include <string>

#include "bench/result.hpp"

namespace jsnorm::bench {

std::string table_head();
std::string table_row(const Result &result);
std::string table_legend();

constexpr double kNoisy = 0.10;  // spread beyond which a row is marked

}  // namespace jsnorm::bench
