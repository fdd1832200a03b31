// SPDX-License-Identifier: Apache-2.0
//
// The SIMT executor: runs CUDA kernels on the host, a fiber per thread, and checks what hardware
// would not tell. docs/testing.md says how to use it. This is all of its interface.
#pragma once

#include "src/simt/cluster.hpp"
#include "src/simt/cuda.hpp"
#include "src/simt/launch.hpp"
#include "src/simt/memory.hpp"
#include "src/simt/report.hpp"
#include "src/simt/shared_memory.hpp"
