// SPDX-License-Identifier: Apache-2.0
#define JSNORM_ELEMENT BFloat16
#include "src/cpu/simd/kernels-inl.hpp"
