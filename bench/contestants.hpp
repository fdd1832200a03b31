// SPDX-License-Identifier: Apache-2.0
// Who takes part, and who can be made. Makers throw Unavailable.
#pragma once

#include "bench/contestant.hpp"

namespace jsnorm::bench {

// Everyone who may take part in this programme, ours first.
const std::vector<Entrant> &entrants();

using Maker = std::unique_ptr<Contestant>(const Case &, Tensors &, const Settings &);

// In both programmes, each time in the file of its name.
Maker make_james_stein, make_sampling, make_none, make_copy;

// On the CPU (bench/peers).
Maker make_onednn, make_pytorch, make_loops;
std::string onednn_version();
std::string pytorch_version();

// On a GPU (bench/cuda).
Maker make_cudnn, make_cub, make_copy_kernel;
Maker make_torch_cudnn, make_torch_native, make_torch_compiled;
std::string cudnn_version();
std::string cub_version();
std::string torch_cudnn_version();
std::string torch_native_version();
std::string torch_compiled_version();

}  // namespace jsnorm::bench
