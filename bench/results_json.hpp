// SPDX-License-Identifier: Apache-2.0
// The JSON with everything: charts, tables and bars are made of it without running anything again.
#pragma once

#include <string>
#include <vector>

#include "bench/result.hpp"

namespace jsnorm::bench {

std::string results_json(const std::vector<Result> &results, const Options &options,
                         const Machine &machine);

}  // namespace jsnorm::bench
