// SPDX-License-Identifier: Apache-2.0
// PyTorch on a GPU: with cuDNN, without, compiled.
#include "bench/peers/pytorch.hpp"
#include "bench/contestants.hpp"

namespace jsnorm::bench {

namespace {

constexpr TorchMode kTorchCudnn = {"cudnn", "pytorch_cuda_worker.py"};
constexpr TorchMode kTorchNative = {"native", "pytorch_cuda_worker.py"};
constexpr TorchMode kTorchCompiled = {"compiled", "pytorch_cuda_worker.py"};

// Compiling takes many seconds a case.
bool is_worth_compiling(const Case &which) {
    const std::string &name = which.shape.name;
    return which.fusion == Fusion::kNone &&
           (name == "B1" || name == "B9" || name == "L2" || name == "L5");
}

}  // namespace

std::unique_ptr<Contestant> make_torch_cudnn(const Case &which, Tensors &tensors,
                                             const Settings &settings) {
    return make_torch(kTorchCudnn, which, tensors, settings);
}

std::unique_ptr<Contestant> make_torch_native(const Case &which, Tensors &tensors,
                                              const Settings &settings) {
    if (which.shape.layer == Layer::kLayer)
        throw Unavailable("PyTorch has one layer norm, with and without cuDNN");
    return make_torch(kTorchNative, which, tensors, settings);
}

std::unique_ptr<Contestant> make_torch_compiled(const Case &which, Tensors &tensors,
                                                const Settings &settings) {
    if (!is_worth_compiling(which)) throw Unavailable("measured for a few shapes alone");
    return make_torch(kTorchCompiled, which, tensors, settings);
}

std::string torch_cudnn_version() {
    return torch_version(kTorchCudnn);
}
std::string torch_native_version() {
    return torch_version(kTorchNative);
}
std::string torch_compiled_version() {
    return torch_version(kTorchCompiled);
}

}  // namespace jsnorm::bench
