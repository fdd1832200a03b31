// SPDX-License-Identifier: Apache-2.0
// In the place of onednn.cpp where the library was not found.
#include "bench/contestants.hpp"

namespace jsnorm::bench {

std::unique_ptr<Contestant> make_onednn(const Case &, Tensors &, const Settings &) {
    throw Unavailable("oneDNN 2 was not found when this programme was built");
}

std::string onednn_version() {
    return "not found";
}

}  // namespace jsnorm::bench
