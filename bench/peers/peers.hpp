// SPDX-License-Identifier: Apache-2.0
// Who can be made. Each pair stands in the file of its name.
#pragma once

#include "bench/contestant.hpp"

namespace jsnorm::bench {

using Maker = std::unique_ptr<Contestant>(const Case &, Tensors &, const Settings &);

Maker make_james_stein, make_none, make_onednn, make_copy, make_loops;

// What is known of the version; empty: the software is not there.
std::string jsnorm_version();
std::string onednn_version();
std::string no_version();

}  // namespace jsnorm::bench
