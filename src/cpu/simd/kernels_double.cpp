// SPDX-License-Identifier: Apache-2.0
#define JSNORM_ELEMENT double
#include "src/cpu/simd/kernels-inl.hpp"
