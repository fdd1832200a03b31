// SPDX-License-Identifier: Apache-2.0
// In the place of cudnn*.cpp where its header was not found.
#include "bench/contestants.hpp"

namespace jsnorm::bench {

std::unique_ptr<Contestant> make_cudnn(const Case &, Tensors &, const Settings &) {
    throw Unavailable("cudnn.h was not found when this programme was built");
}

std::string cudnn_version() {
    return "not found";
}

}  // namespace jsnorm::bench
