// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/contestant.hpp"

namespace jsnorm::bench {

// A program beside the benchmarks and the one word that it is started with.
struct TorchMode {
    const char *name;
    const char *script;
};

std::unique_ptr<Contestant> make_torch(const TorchMode &mode, const Case &which, Tensors &tensors,
                                       const Settings &settings);
std::string torch_version(const TorchMode &mode);

}  // namespace jsnorm::bench
