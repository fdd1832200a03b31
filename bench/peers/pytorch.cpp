// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/peers.hpp"

namespace jsnorm::bench {

std::unique_ptr<Contestant> make_pytorch(const Case &, Tensors &, const Settings &) {
    throw Unavailable("not yet");
}

std::string pytorch_version() {
    return "not found";
}

}  // namespace jsnorm::bench
