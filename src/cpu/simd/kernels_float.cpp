// SPDX-License-Identifier: Apache-2.0
#define JSNORM_ELEMENT float
#include "src/cpu/simd/kernels-inl.hpp"
