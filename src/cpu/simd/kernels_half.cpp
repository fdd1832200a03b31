// SPDX-License-Identifier: Apache-2.0
#define JSNORM_ELEMENT Half
#include "src/cpu/simd/kernels-inl.hpp"
