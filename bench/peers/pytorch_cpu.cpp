// SPDX-License-Identifier: Apache-2.0
// PyTorch on the CPU.
#include "bench/contestants.hpp"
#include "bench/peers/pytorch.hpp"

namespace jsnorm::bench {

namespace {

constexpr TorchMode kMode = {"cpu", "pytorch_worker.py"};

}  // namespace

std::unique_ptr<Contestant> make_pytorch(const Case &which, Tensors &tensors,
                                         const Settings &settings) {
    return make_torch(kMode, which, tensors, settings);
}

std::string pytorch_version() {
    return torch_version(kMode);
}

}  // namespace jsnorm::bench
