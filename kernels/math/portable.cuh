// SPDX-License-Identifier: Apache-2.0
// What lets the same function compile for the host and for a GPU.
#pragma once

#include <cmath>
#include <cstdint>

#if defined(__CUDACC__)
#define JSNORM_HD __host__ __device__
#else
#define JSNORM_HD
#endif
