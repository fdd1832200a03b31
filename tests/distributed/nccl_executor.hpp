// SPDX-License-Identifier: Apache-2.0
#ifndef JSNORM_TESTS_DISTRIBUTED_NCCL_EXECUTOR_HPP
#define JSNORM_TESTS_DISTRIBUTED_NCCL_EXECUTOR_HPP

#include <vector>

#include "jsnorm/jsnorm.h"

namespace jsnorm::test {

// The streams of all kernels that were launched since the last call.
std::vector<jsnormStream_t> take_launched_streams();

}  // namespace jsnorm::test

#endif
