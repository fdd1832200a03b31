// SPDX-License-Identifier: Apache-2.0
//
// The SIMT executor: runs CUDA kernels on the host, a fiber per thread, and checks what hardware
// would not tell. docs/testing.md says how to use it. This is all of its interface.
#ifndef JSNORM_TESTS_SIMT_EXECUTOR_HPP
#define JSNORM_TESTS_SIMT_EXECUTOR_HPP

#include "tests/simt/cluster.hpp"
#include "tests/simt/cuda.hpp"
#include "tests/simt/launch.hpp"
#include "tests/simt/memory.hpp"
#include "tests/simt/report.hpp"
#include "tests/simt/shared_memory.hpp"

#endif
