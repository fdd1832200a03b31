// SPDX-License-Identifier: Apache-2.0
// The one header through which kernel sources see their compiler: the same code compiles for the
// host and for a GPU.
#pragma once

#include <cmath>
#include <cstdint>

#if defined(__CUDACC__)
#define JSNORM_HD __host__ __device__
#else
#define JSNORM_HD
#endif
