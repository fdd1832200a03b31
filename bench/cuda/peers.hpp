// SPDX-License-Identifier: Apache-2.0
// Who can be made on a device. Each stands in the file of its name.
#pragma once

#include "bench/contestant.hpp"

namespace jsnorm::bench {

using Maker = std::unique_ptr<Contestant>(const Case &, Tensors &, const Settings &);

Maker make_james_stein, make_none, make_cudnn, make_cub, make_copy, make_copy_kernel;
Maker make_torch_cudnn, make_torch_native, make_torch_compiled;

// What is known of the version; empty: the software is not there.
std::string jsnorm_version();
std::string cudnn_version();
std::string cub_version();
std::string torch_cudnn_version();
std::string torch_native_version();
std::string torch_compiled_version();
std::string no_version();

}  // namespace jsnorm::bench
